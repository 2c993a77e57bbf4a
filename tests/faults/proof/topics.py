"""Records of a topic as kcat reads them, whatever bytes are in them."""
import collections
import re
import subprocess
import uuid

Record = collections.namedtuple("Record", "partition offset key value headers")
HEAD = re.compile(rb"(\d+) (\d+) (-?\d+) (-?\d+)\n")


def command(brokers, topic, isolation="read_committed", mark="", form="%p %o %K %S\n%k%s%h"):
    return ["kcat", "-C", "-q", "-E", "-b", brokers, "-t", topic, "-o", "beginning", "-X",
            f"isolation.level={isolation}", "-X", "check.crcs=true", "-X", "fetch.wait.max.ms=20", "-f",
            form + mark + "\n"]


def read_one(stream, mark):
    """None at the end; headers are their text as kcat writes it, for they may hold anything."""
    head = stream.readline()
    if not head:
        return None
    partition, offset, of_key, of_value = map(int, HEAD.fullmatch(head).groups())
    key, value = (stream.read(n) if n >= 0 else None for n in (of_key, of_value))
    headers = []
    while not (headers and headers[-1].endswith(mark)):
        headers.append(stream.readline())
        if not headers[-1]:
            raise AssertionError(f"kcat's output ends within record {partition}/{offset}")
    return Record(partition, offset, key, value, b"".join(headers)[:-len(mark)])


def records(brokers, topic, isolation="read_committed"):
    """All there are now, by kcat's own order: rising in each partition."""
    mark = uuid.uuid4().hex
    words = [*command(brokers, topic, isolation, mark), "-e"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        while True:
            record = read_one(process.stdout, mark.encode() + b"\n")
            if record is None:
                break
            yield record
    if process.returncode:
        raise AssertionError(f"kcat ended with {process.returncode} reading {topic}")


def places(brokers, topic, isolation):
    """(partition, offset) of all records: quick, for nothing else is written."""
    words = [*command(brokers, topic, isolation, form="%p %o"), "-e"]
    told = subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout
    return {tuple(map(int, line.split())) for line in told.splitlines()}


def header(record, name):
    """The last header of that name; None if there is none."""
    found = re.findall(rb"(?:^|,)" + name.encode() + rb"=([^,]*)", record.headers)
    return found[-1].decode(errors="replace") if found else None
