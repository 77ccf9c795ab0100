// Embedding: a program with a relay inside that says where it listens and, once it is told anything, stops.
import { createRelay, type RelayConfig } from '../../src/index.js';

const relay = await createRelay(JSON.parse(process.argv[2] ?? '') as RelayConfig);
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'].filter(
  (signal) => process.listenerCount(signal) > 0,
);
console.log(JSON.stringify({ address: relay.listening[0]?.address, signals }));
process.stdin.once('data', async () => {
  process.stdin.destroy();
  // Nothing else keeps the process alive after it.
  console.log(JSON.stringify({ reset: await relay.stop() }));
});
