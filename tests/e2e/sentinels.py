"""Three real sentinels on loopback, which name the Redis that is master and appoint another when it dies."""
import os
import subprocess

from desk import free_port, wait_for

NAME = "cw"
CONFIG = """port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {name} 127.0.0.1 {master} 2
sentinel down-after-milliseconds {name} {down_after}
sentinel failover-timeout {name} 4000
{more}"""


class Sentinels:
    def __init__(self, folder, master, down_after=1000, password=None):
        """master: the port by which it is known to everybody."""
        self.folder, self.ports, self.processes = folder, [free_port() for _ in range(3)], []
        self.more = f"sentinel auth-pass {NAME} {password}\n" if password else ""
        for n, port in enumerate(self.ports):
            self.begin(n, port, master, down_after)
        for port in self.ports:
            wait_for("a sentinel answers", lambda p=port: self.ask(p, "ping") == "PONG")
        wait_for("the sentinels know each other",
                 lambda: all(self.about_master(p).get("num-other-sentinels") == "2"
                             for p in self.ports))

    def begin(self, n, port, master, down_after):
        home = os.path.join(self.folder, f"sentinel-{n}")
        os.makedirs(home)
        path = os.path.join(home, "sentinel.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(CONFIG.format(port=port, folder=home, name=NAME, master=master,
                                  down_after=down_after, more=self.more))
        self.processes.append(subprocess.Popen(["redis-server", path, "--sentinel"],
                                               stdout=subprocess.DEVNULL))

    @staticmethod
    def ask(port, *words):
        r = subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True,
                           check=False)
        return r.stdout.rstrip("\n")

    def about_master(self, port):
        flat = self.ask(port, "sentinel", "master", NAME).split("\n")
        return dict(zip(flat[::2], flat[1::2]))

    def tell_all(self, *words):
        for port in self.ports:
            self.ask(port, "sentinel", *words)

    def master(self):
        """The port that most of them name."""
        named = [self.ask(p, "sentinel", "get-master-addr-by-name", NAME).split("\n")[-1]
                 for p in self.ports]
        return next((int(n) for n in named if n.isdigit() and named.count(n) >= 2), None)

    def replicas(self):
        """How many good ones each of them sees, at least."""
        return min(int(self.about_master(p).get("num-slaves", 0)) for p in self.ports)

    def url(self, login=""):
        hosts = ",".join(f"127.0.0.1:{p}" for p in self.ports)
        return f"redis+sentinel://{login}{hosts}/{NAME}"

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
