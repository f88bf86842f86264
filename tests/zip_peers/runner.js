// SPDX-License-Identifier: MIT
// Answers compressions and decompressions with Node's zlib. Standard input has one request after the other: two
// lengths (32 bits, little-endian), a JSON object { call, options, dictionary (base64) } of the first, data of the
// second. The answer is a byte (0: done, 1: the input ends too soon, 2: bad data, 3: too large, 4: anything else), a
// length, and the result or a text.
'use strict';
const zlib = require('zlib');

const TOO_SOON = 'unexpected end of file';

function kind(error) {
  if (error.message === TOO_SOON) return 1;
  if (error.code === 'ERR_BUFFER_TOO_LARGE') return 3;
  if (/^Z_(DATA_ERROR|NEED_DICT)$|^ERR__?ERROR_FORMAT_|^ERR_BROTLI|DECODER/.test(error.code)) return 2;
  return 4;
}

function answer(status, data) {
  const head = Buffer.alloc(5);
  head[0] = status;
  head.writeUInt32LE(data.length, 1);
  process.stdout.write(head);
  process.stdout.write(data);
}

// zlib.brotliCompressSync takes its options under numbers; here they come under names.
function brotliParams(names) {
  const params = {};
  for (const [name, value] of Object.entries(names)) params[zlib.constants[name]] = value;
  return params;
}

function serve(request, data) {
  const options = request.options ?? {};
  if (request.dictionary) options.dictionary = Buffer.from(request.dictionary, 'base64');
  if (options.params) options.params = brotliParams(options.params);
  try {
    answer(0, zlib[request.call](data, options));
  } catch (error) {
    answer(kind(error), Buffer.from(`${error.code}: ${error.message}`));
  }
}

let held = Buffer.alloc(0);
process.stdin.on('data', (chunk) => {
  held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
  for (;;) {
    if (held.length < 8) return;
    const head = 8 + held.readUInt32LE(0);
    const end = head + held.readUInt32LE(4);
    if (held.length < end) return;
    serve(JSON.parse(held.toString('utf8', 8, head)), held.subarray(head, end));
    held = held.subarray(end);
  }
});
