// SPDX-License-Identifier: MIT
// Runs the programs of a file in Node and prints the order of their callbacks; runner.c does the same in
// libloop. Usage: node runner.js PROGRAMS
'use strict';
const fs = require('fs');
const crypto = require('crypto');

const programs = [];
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
  const w = line.split(' ');
  if (w[0] === 'program') programs.push({ index: w[1], root: w[2], nodes: [] });
  const p = programs[programs.length - 1];
  if (w[0] === 'n') {
    p.nodes[+w[1]] = { id: +w[1], kind: w[2], delay: +w[3], runs: +w[4], body: [], handle: null, state: 'new' };
  }
  if (w[0] === 'b') p.nodes[+w[1]].body.push([w[2], +w[3]]);
}

let current = -1;
let order;
let pending;

function next() {
  current += 1;
  if (current === programs.length) return;
  order = [];
  pending = 1;
  const p = programs[current];
  const begin = () => run(p, p.nodes[0]);
  if (p.root === 'timeout') setTimeout(begin, 1);
  else if (p.root === 'immediate') setImmediate(begin);
  else crypto.randomBytes(1, begin);
}

function run(p, node) {
  order.push(node.id);
  node.left = (node.left ?? node.runs) - 1;
  const last = node.kind !== 'interval' || node.left === 0;
  if (last) {
    if (node.kind === 'interval') clearInterval(node.handle);
    node.state = 'ended';
  }
  if (node.left === node.runs - 1) for (const [what, id] of node.body) act(p, what, p.nodes[id]);
  if (last) settle(p);
}

function settle(p) {
  pending -= 1;
  if (pending !== 0) return;
  process.stdout.write(`${p.index}: ${order.join(' ')}\n`);
  next();
}

function act(p, what, node) {
  if (what === 'c') {
    if (node.state !== 'live') return;
    if (node.kind === 'immediate') clearImmediate(node.handle);
    else clearTimeout(node.handle);
    node.state = 'ended';
    settle(p);
    return;
  }
  pending += 1;
  node.state = 'live';
  const cb = () => run(p, node);
  switch (node.kind) {
    case 'timeout': node.handle = setTimeout(cb, node.delay); break;
    case 'interval': node.handle = setInterval(cb, node.delay); break;
    case 'immediate': node.handle = setImmediate(cb); break;
    case 'tick': process.nextTick(cb); break;
    case 'micro': queueMicrotask(cb); break;
    case 'job': crypto.randomBytes(1, cb); break;
    default: throw new Error(`unknown kind ${node.kind}`);
  }
}

next();
