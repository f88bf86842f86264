# SPDX-License-Identifier: MIT
"""The cases that bench/run.py knows: what each runs, in which unit, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass, field

NOISE = 0.03  # by how much runs of the same programs differ


def slack(limit: float) -> float:
    """What is allowed for noise: only goals at 1.0x need it."""
    return NOISE if limit == 1.0 else 0.0


@dataclass(frozen=True)
class Program:
    """One way to do the work: a source in the case's folder and its arguments."""

    source: str  # "ours.c", "libuv.c", "node.js"
    args: tuple[str, ...] = ()  # {library} and {a material} stand for their paths
    whose: str = ""  # where the source does not say it
    note: str = ""  # behind the peer's name: how this program is unlike the first of its peer

    @property
    def peer(self) -> str:
        """Whom the program is of: "ours", "libuv", "node" ..."""
        return self.whose or self.source.partition(".")[0]

    @property
    def label(self) -> str:
        """Its name among further figures."""
        return "_".join((self.peer, *self.note.split()))


@dataclass(frozen=True)
class Workload:
    """Programs that do the same work, run one after the other in every round.

    The first is ours, another the peer whose ratio counts; figures of the others go to `also`.
    With a client the programs are servers, and the arguments are the client's: see served.py.
    """

    folder: str
    programs: tuple[Program, ...]
    rounds: int = 5
    # Further runs of ours and of the peer whose figures only go to `also`: name to arguments.
    variants: dict[str, tuple[Program, ...]] = field(default_factory=dict)
    client: str = ""  # its source, from here
    descriptors: int = 0  # that a process needs at once, if it is more than usual
    venv: bool = False  # programs in Python run with the interpreter of build/venv
    memory: int = 0  # bytes that are touched before the rounds: see touched.py


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    name: str
    unit: str
    workload: Workload
    goal: str  # as a reader wants it; "" where the peer is only there for scale
    limit: float = 0.0  # the same for a program: of the ratio, or of our figure if absolute
    higher_is_better: bool = False
    absolute: bool = False
    quantile: float = 0.0  # over the samples of all rounds, instead of the median of figures
    figure: str = ""  # what the programs print it as, if that is not its name
    asked_only: bool = False  # not part of a run of all cases
    against: int = 1  # which of the workload's programs is the peer
    alone: bool = False  # what the workload's other programs give says nothing about it
    also_limits: tuple[tuple[str, float], ...] = ()  # further parts of the goal: of values in also


OURS, LIBUV, NODE = Program("ours.c"), Program("libuv.c"), Program("node.js")


def both(*args: str) -> tuple[Program, ...]:
    """Our program and libuv's with the same arguments."""
    return (Program("ours.c", args), Program("libuv.c", args))


TIMERS = Workload("timers_1m", (OURS, LIBUV, NODE))
TIMERS_10M = Workload("timers_10m", (OURS, LIBUV), rounds=2, memory=4 << 30)
TICKS = Workload("ticks", (OURS, NODE))
POST = {threads: Workload("post", both(str(threads))) for threads in (1, 4)}
PINGPONG = Workload("post_pingpong", (OURS, LIBUV))
WORK = {k: Workload("work", both(str(k))) for k in (1, 8, 64, 1000)}
READ_FILE = {
    k: Workload("read_file", (*both(str(k)), Program("node.js", (str(k),)))) for k in (1, 8, 64)
}
FS_STAT = {k: Workload("fs_stat", both(str(k))) for k in (1, 32)}
LAG = Workload(
    "loop_lag",
    both("pool"),
    variants={
        "quiet": both("quiet"),
        "host_threads_burn": both("burn"),
        "http_client": (Program("ours.c", ("http",)),),
    },
)
HASH = Workload(
    "hash_1g",
    tuple(Program(name, ("{large_file}",)) for name in ("ours.c", "node.js", "sha256sum.py")),
)
PBKDF2 = Workload("pbkdf2", (OURS, NODE))
GZIP = Workload("gzip", tuple(Program(name, ("{texts}",)) for name in ("ours.c", "node.js")))
LAG_BUSY = Workload(
    "loop_lag_busy",
    tuple(Program(name, ("{texts}",)) for name in ("ours.c", "node.js")),
    variants={"webcrypto": (Program("node.js", ("{texts}", "webcrypto")),)},
)


def talked_to(*args: str) -> Workload:
    """Echo servers in C, and what their client is to do."""
    of = {"ours.c": "ours", "libuv.c": "libuv", "epoll.c": "epoll"}
    programs = tuple(Program(source, args, whose) for source, whose in of.items())
    return Workload("echo", programs, client="echo/client.c")


def python_echo(*args: str) -> Workload:
    """Echo servers in Python: ours with a protocol, theirs, and ours with callbacks."""
    programs = (
        Program("ours.py", args),
        Program("on_uvloop.py", args, "uvloop"),
        Program("on_asyncio.py", args, "asyncio"),
        Program("callbacks.py", args, "ours", note="callbacks"),
    )
    return Workload("echo_py", programs, client="echo/client.c", venv=True)


def pingpong(size: int, connections: int, messages: int) -> tuple[str, ...]:
    return ("pingpong", str(size), str(connections), str(messages))


ECHO = {
    (size, count): talked_to(*pingpong(size, count, messages))
    for size, count, messages in (
        (64, 1, 60_000),
        (64, 50, 200_000),
        (64, 500, 200_000),
        (16384, 50, 80_000),
    )
}
SPARSE = talked_to("sparse", "64", "200", "300")
IDLE = 10_000
IDLE_ECHO = Workload(
    "echo",
    (
        Program("ours.c", ("idle", str(IDLE), "40000")),
        Program("libuv.c", ("idle", str(IDLE), "40000")),
        Program("ours.c", ("idle", "10", "40000"), note="10 idle"),
        Program("libuv.c", ("idle", "10", "40000"), note="10 idle"),
    ),
    rounds=7,  # what a wake-up costs differs from run to run by more than the goal allows
    client="echo/client.c",
    descriptors=IDLE + 100,
)
PYTHON_ECHO = {size: python_echo(*pingpong(size, 50, 60_000)) for size in (64, 1024)}
RUST_ECHO = Workload(
    "echo_rs",
    tuple(
        Program(f"src/bin/{name}.rs", pingpong(64, 50, 150_000), whose)
        for name, whose in (("ours", "ours"), ("on_tokio", "tokio"))
    ),
    client="echo/client.c",
)


def grep(ours: str, peer: str) -> Workload:
    """A whole search by one of the examples, and by a program that does the same."""
    of = {ours: "ours", peer: peer}
    programs = (Program("timed.py", (name, "{tree}"), whose) for name, whose in of.items())
    return Workload("grep", tuple(programs), rounds=3)


GREP = {"c": grep("c", "node"), "rust": grep("rust", "node"), "python": grep("python", "pathlib")}
LOAD = Workload("load", both("{library}"), rounds=11)

CPU_PER_MESSAGE = "us_cpu_per_msg"


def cpu_per_message(
    name: str, workload: Workload, goal: str, limit: float, **ratios: float
) -> Case:
    """A case that has its figure from the client; ratios: further limits, beside other peers."""
    also = tuple((f"{peer}_ratio", ratio) for peer, ratio in ratios.items())
    return Case(
        name, CPU_PER_MESSAGE, workload, goal, limit, figure=CPU_PER_MESSAGE, also_limits=also
    )


CASES = (
    Case("timers_1m_start", "ns_cpu_per_timer", TIMERS, "<= 0.5x", 0.5),
    Case("timers_1m_stop", "ns_cpu_per_timer", TIMERS, "<= 0.5x", 0.5),
    Case(
        "timers_1m_fire",
        "ns_cpu_per_timer",
        TIMERS,
        "<= 0.5x, <= 1.0x node",
        0.5,
        also_limits=(("node_ratio", 1.0),),
    ),
    Case("timers_10m", "cpu_s", TIMERS_10M, "<= 0.33x", 0.33),
    Case("ticks_next", "ns_per_callback", TICKS, "<= 0.5x", 0.5),
    Case("ticks_microtask", "ns_per_callback", TICKS, "<= 0.25x", 0.25),
    Case("ticks_immediate", "ns_per_callback", TICKS, "<= 0.15x", 0.15),
    Case("post_t1", "callbacks_per_s", POST[1], ">= 4x", 4.0, higher_is_better=True),
    Case("post_t4", "callbacks_per_s", POST[4], ">= 4x", 4.0, higher_is_better=True),
    Case("post_pingpong", "roundtrips_per_s", PINGPONG, ">= 1.0x", 1.0, higher_is_better=True),
    *(
        Case(f"work_k{k}", "jobs_per_s", workload, ">= 1.0x", 1.0, higher_is_better=True)
        for k, workload in WORK.items()
    ),
    Case("read_file_k1", "files_per_s", READ_FILE[1], ">= 10x", 10.0, higher_is_better=True),
    Case("read_file_k8", "files_per_s", READ_FILE[8], ">= 4x", 4.0, higher_is_better=True),
    Case("read_file_k64", "files_per_s", READ_FILE[64], ">= 1.5x", 1.5, higher_is_better=True),
    Case("fs_stat_k1", "stats_per_s", FS_STAT[1], ">= 5x", 5.0, higher_is_better=True),
    Case("fs_stat_k32", "stats_per_s", FS_STAT[32], ">= 1.2x", 1.2, higher_is_better=True),
    cpu_per_message("echo_64_c1", ECHO[64, 1], "<= 1.1x", 1.1),
    cpu_per_message("echo_64_c50", ECHO[64, 50], "<= 1.0x, <= 1.1x epoll", 1.0, epoll=1.1),
    cpu_per_message("echo_64_c500", ECHO[64, 500], "<= 1.0x, <= 1.1x epoll", 1.0, epoll=1.1),
    cpu_per_message("echo_64_sparse", SPARSE, "<= 2x", 2.0),
    cpu_per_message("echo_16k_c50", ECHO[16384, 50], "<= 1.0x, <= 1.15x epoll", 1.0, epoll=1.15),
    *(
        cpu_per_message(name, of, "<= 1.0x, <= 0.25x asyncio", 1.0, asyncio=0.25)
        for name, of in (
            ("python_echo_c50_64", PYTHON_ECHO[64]),
            ("python_echo_c50_1k", PYTHON_ECHO[1024]),
        )
    ),
    cpu_per_message("rust_echo_c50", RUST_ECHO, "<= 1.0x", 1.0),
    Case(
        "idle_10k_rss",
        "bytes_per_conn",
        IDLE_ECHO,
        "<= 1.2x",
        1.2,
        figure="bytes_per_conn",
        alone=True,
    ),
    Case(
        "idle_10k_cpu",
        CPU_PER_MESSAGE,
        IDLE_ECHO,
        "<= 1.1x, < 5 wake-ups/s",
        1.1,
        figure=CPU_PER_MESSAGE,
        against=2,
        also_limits=(("ours_wakeups_per_s", 5.0),),
    ),
    Case("loop_lag", "ms_p99", LAG, "<= 1.0x", 1.0, quantile=0.99),
    Case("loop_lag_busy", "ms_p99", LAG_BUSY, "<= 1.0x", 1.0, quantile=0.99),
    Case("hash_1g", "mb_per_s", HASH, ">= 1.0x", 1.0, higher_is_better=True),
    Case("pbkdf2", "jobs_per_s", PBKDF2, ">= 1.0x", 1.0, higher_is_better=True),
    Case("gzip", "mb_per_s", GZIP, ">= 1.0x", 1.0, higher_is_better=True),
    Case("gunzip", "mb_per_s", GZIP, ">= 1.0x", 1.0, higher_is_better=True),
    *(
        Case(f"grep_100k_{name}", "s", of, "<= 1.0x", 1.0, figure="grep_s", asked_only=True)
        for name, of in GREP.items()
    ),
    Case("load_ms", "ms", LOAD, "< 5 ms", 5.0, absolute=True),
    Case("load_so", "bytes", LOAD, "< 12 MB", 12e6, absolute=True),
    Case("load_rss", "bytes", LOAD, "< 12 MB", 12e6, absolute=True),
)
