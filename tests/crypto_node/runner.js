// SPDX-License-Identifier: MIT
//
// Answers requests of crypto with what Node makes of them: one JSON object a line in, one out. Bytes are
// base64. What Node throws comes as {error: code}.
'use strict';
const crypto = require('crypto');
const readline = require('readline');

const bytes = (text) => Buffer.from(text, 'base64');
const text = (data) => Buffer.from(data).toString('base64');
const pieces = (list) => Buffer.concat(list.map(bytes));

function importKeys(q) {
  const form = q.format === 'pem' ? { format: 'pem' } : { format: 'der' };
  const key = (data) => (q.format === 'pem' ? bytes(data).toString() : bytes(data));
  return {
    private: crypto.createPrivateKey({ key: key(q.private), type: 'pkcs8', ...form }),
    public: crypto.createPublicKey({ key: key(q.public), type: 'spki', ...form }),
  };
}

function ownKeys(q) {
  const curve = { 'p-256': 'P-256', 'p-384': 'P-384', 'p-521': 'P-521' }[q.kind];
  const pair = curve ? crypto.generateKeyPairSync('ec', { namedCurve: curve }) : crypto.generateKeyPairSync(q.kind);
  const type = { private: q.sec1 && curve ? 'sec1' : 'pkcs8', public: 'spki' };
  const out = { pair };
  for (const side of ['private', 'public']) {
    out[side] = text(pair[side + 'Key'].export({ type: type[side], format: q.format }));
  }
  return out;
}

const answers = {
  hash: (q) => crypto.createHash(q.alg).update(pieces(q.data)).digest(),
  hmac: (q) => crypto.createHmac(q.alg, bytes(q.key)).update(pieces(q.data)).digest(),
  pbkdf2: (q) => crypto.pbkdf2Sync(bytes(q.key), bytes(q.salt), q.iterations, q.len, q.alg),
  scrypt: (q) => crypto.scryptSync(bytes(q.key), bytes(q.salt), q.len, { N: q.n, r: q.r, p: q.p, maxmem: q.max }),
  hkdf: (q) => Buffer.from(crypto.hkdfSync(q.alg, bytes(q.key), bytes(q.salt), bytes(q.info), q.len)),
  seal: (q) => {
    const c = crypto.createCipheriv(q.alg, bytes(q.key), bytes(q.nonce), { authTagLength: 16 });
    c.setAAD(bytes(q.aad), { plaintextLength: bytes(q.data).length });
    return Buffer.concat([c.update(bytes(q.data)), c.final(), c.getAuthTag()]);
  },
  open: (q) => {
    const d = crypto.createDecipheriv(q.alg, bytes(q.key), bytes(q.nonce), { authTagLength: 16 });
    const sealed = bytes(q.data);
    d.setAAD(bytes(q.aad), { plaintextLength: sealed.length - 16 });
    d.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([d.update(sealed.subarray(0, -16)), d.final()]);
  },
  // Both sides make a pair, sign with it, and check what the other made.
  sign: (q) => {
    const theirs = importKeys(q);
    const mine = ownKeys(q);
    const message = bytes(q.data);
    return {
      good: crypto.verify(q.alg, message, theirs.public, bytes(q.signature)),
      bad: crypto.verify(q.alg, message, theirs.public, bytes(q.garbled)),
      spki: text(crypto.createPublicKey(theirs.private).export({ type: 'spki', format: 'der' })),
      again: text(crypto.sign(q.alg, message, theirs.private)),
      private: mine.private,
      public: mine.public,
      signature: text(crypto.sign(q.alg, message, mine.pair.privateKey)),
    };
  },
  agree: (q) => {
    const theirs = importKeys(q);
    const mine = ownKeys(q);
    const secret = crypto.diffieHellman({ privateKey: mine.pair.privateKey, publicKey: theirs.public });
    return { public: mine.public, secret: text(secret) };
  },
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const question = JSON.parse(line);
  let answer;
  // Twice: an error of OpenSSL may still lie in its queue and come out of the next call that is good.
  for (let tries = 0; tries < 2 && (answer === undefined || answer.error); tries++) {
    try {
      const made = answers[question.what](question);
      answer = Buffer.isBuffer(made) ? { bytes: text(made) } : made;
    } catch (error) {
      answer = { error: error.code || error.message };
    }
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
