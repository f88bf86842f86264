// SPDX-License-Identifier: MIT
'use strict';

const n = process.argv.includes('--check') ? 1000 : 10000000;
let left = 0;
let done = null;

function onTick() {
  if (--left > 0) process.nextTick(onTick);
  else done();
}

function onMicrotask() {
  if (--left > 0) queueMicrotask(onMicrotask);
  else done();
}

function onImmediate() {
  if (--left > 0) setImmediate(onImmediate);
  else done();
}

function run(start, first, count) {
  return new Promise((resolve) => {
    const begin = process.hrtime.bigint();
    done = () => {
      const ns = Number(process.hrtime.bigint() - begin) / count;
      setImmediate(resolve, ns);
    };
    left = count;
    start(first);
  });
}

async function main() {
  const figures = {};
  for (let count = n / 100; count <= n; count *= 100) {
    figures.ticks_next = await run(process.nextTick, onTick, count);
    figures.ticks_microtask = await run(queueMicrotask, onMicrotask, count);
    figures.ticks_immediate = await run(setImmediate, onImmediate, count / 10);
  }
  figures.version = `node ${process.versions.node}`;
  console.log(JSON.stringify(figures));
}

main();
