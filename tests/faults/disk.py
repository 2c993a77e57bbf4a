"""A disk of its own under a folder, which can be filled up and freed again: a tmpfs that is given no more
room than is used. Needs the right to mount; without it `mounted` is false and the folder lies where it is."""
import os
import subprocess

SIZE = "6g"


class Disk:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.mounted = self.mount("-t", "tmpfs", "-o", f"size={SIZE}", "none", folder)

    @staticmethod
    def mount(*words):
        r = subprocess.run(["mount", *words], capture_output=True, check=False)
        return r.returncode == 0

    def resize(self, size):
        if not self.mount("-o", f"remount,size={size}", self.folder):
            raise AssertionError(f"{self.folder} cannot be given {size}")

    def used(self):
        of = os.statvfs(self.folder)
        return (of.f_blocks - of.f_bfree) * of.f_frsize

    def fill(self):
        """What is there stays, and at most a few pages fit beside it."""
        for spare in (0, 64 << 10, 1 << 20, 16 << 20):
            if self.mount("-o", f"remount,size={self.used() + spare}", self.folder):
                return
        raise AssertionError(f"{self.folder} cannot be made smaller")

    def free(self):
        self.resize(SIZE)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=False)
