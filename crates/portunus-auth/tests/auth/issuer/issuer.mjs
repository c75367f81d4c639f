// An issuer on loopback, at a port that the system chooses. It is asked on its input, one JSON object a line, and answers
// each with one line on its output; it ends when its input does.
//
//   {"do": "add", "algorithm": "RS256", "key": "a"}           a new key, which is published at once
//   {"do": "withdraw", "key": "a"}                            a key that is published no longer
//   {"do": "token", "key": "a", "claims": {"sub": "ann"}}     a token, with these claims beside those of time and issuer
//
// The folder of its modules is in PORTUNUS_ISSUER_MODULES.

import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const library = join(process.env.PORTUNUS_ISSUER_MODULES, 'oauth2-mock-server', 'dist', 'index.mjs');
const { OAuth2Server } = await import(pathToFileURL(library));

const server = new OAuth2Server();
const keys = server.issuer.keys;
const withdrawn = new Set();
const published = keys.toJSON.bind(keys);
keys.toJSON = () => published().filter((key) => !withdrawn.has(key.kid));

const work = {
  add: ({ algorithm, key }) => keys.generate(algorithm, { kid: key }).then(() => ({})),
  withdraw: ({ key }) => {
    withdrawn.add(key);
    return {};
  },
  token: async ({ key, claims }) => {
    const scopesOrTransform = (_, payload) => Object.assign(payload, claims);
    return { token: await server.issuer.buildToken({ kid: key, scopesOrTransform }) };
  },
};

const answer = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);

await server.start(0, '127.0.0.1');
answer({ issuer: server.issuer.url, keys: `http://127.0.0.1:${server.address().port}/jwks` });
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  answer(await work[asked.do](asked));
}
process.exit(0);
