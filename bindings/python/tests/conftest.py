# SPDX-License-Identifier: MIT
"""Fixtures of all tests."""

import ctypes
import gc
import os
import pathlib
import threading
from collections.abc import Iterator

import pytest

from libloop import Loop

from .support import compile_c

JOBS = """
#include <errno.h>
#include <loop.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

int32_t give(void *arg, loop_value_t *out) {
    switch ((intptr_t)arg) {
    case LOOP_KIND_NULL: out->kind = LOOP_KIND_NULL; return 0;
    case LOOP_KIND_BOOL: out->kind = LOOP_KIND_BOOL; out->num = 1; return 0;
    case LOOP_KIND_INT: out->kind = LOOP_KIND_INT; out->num = INT64_MIN; return 0;
    case LOOP_KIND_DOUBLE: {
        double half = 0.5;
        out->kind = LOOP_KIND_DOUBLE;
        memcpy(&out->num, &half, sizeof half);
        return 0;
    }
    case LOOP_KIND_BYTES:
        out->kind = LOOP_KIND_BYTES;
        out->data = "\\0\\xff\\0";
        out->len = 3;
        return 0;
    case LOOP_KIND_STRING:
        out->kind = LOOP_KIND_STRING;
        out->data = "gr\\xc3\\xbc";
        out->len = 4;
        return 0;
    case LOOP_KIND_ERROR:
        out->kind = LOOP_KIND_ERROR;
        out->data = "open /nowhere";
        out->len = 13;
        out->os_errno = ENOENT;
        return LOOP_ENOENT;
    default: return 0;
    }
}

int32_t length_of(void *arg, loop_value_t *out) {
    out->kind = LOOP_KIND_INT;
    out->num = (int64_t)strlen(arg);
    return 0;
}

static int releases;

static void count_release(void *data) {
    free(data);
    __atomic_add_fetch(&releases, 1, __ATOMIC_SEQ_CST);
}

int32_t give_megabyte(void *arg, loop_value_t *out) {
    (void)arg;
    char *data = malloc(1 << 20);
    memset(data, 'm', 1 << 20);
    out->kind = LOOP_KIND_BYTES;
    out->data = data;
    out->len = 1 << 20;
    out->release = count_release;
    return 0;
}

int release_count(void) { return __atomic_load_n(&releases, __ATOMIC_SEQ_CST); }

struct gate { sem_t started, open; };

struct gate *gate_new(void) {
    struct gate *gate = malloc(sizeof *gate);
    sem_init(&gate->started, 0, 0);
    sem_init(&gate->open, 0, 0);
    return gate;
}

static void wait_for(sem_t *sem) {
    while (sem_wait(sem) != 0) {
    }
}

void gate_await_start(struct gate *gate) { wait_for(&gate->started); }
void gate_open(struct gate *gate) { sem_post(&gate->open); }
void gate_free(struct gate *gate) { free(gate); }

int32_t pass_gate(void *arg, loop_value_t *out) {
    struct gate *gate = arg;
    sem_post(&gate->started);
    wait_for(&gate->open);
    out->kind = LOOP_KIND_INT;
    out->num = 7;
    return 0;
}
"""


@pytest.fixture(scope="session")
def c_jobs(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """A library of job functions."""
    target = tmp_path_factory.mktemp("jobs") / "jobs.so"
    library = ctypes.CDLL(str(compile_c(JOBS, target, "-shared", "-fPIC")))
    library.gate_new.restype = ctypes.c_void_p
    for name in ("gate_await_start", "gate_open", "gate_free"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
        getattr(library, name).restype = None
    return library


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A loop that the test need not close."""
    made = Loop()
    yield made
    made.close()


def descriptors() -> set[str]:
    """The open descriptors; the folder itself is listed by one that is gone afterwards."""
    folder = pathlib.Path("/proc/self/fd")
    return {name for name in os.listdir(folder) if (folder / name).exists()}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Each test ends with the threads it began with; those of http.server are daemons."""
    before = set(threading.enumerate())
    yield
    gc.collect()
    left = [
        thread for thread in threading.enumerate() if thread not in before and not thread.daemon
    ]
    assert left == []
