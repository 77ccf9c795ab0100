// Engine thread: a worker thread that runs an engine with one route and tells its port, for tests that end the thread.
import { parentPort, workerData } from 'node:worker_threads';
import { loadAddon } from '../../src/engine/addon.js';
import type { EngineRoute } from '../../src/engine/contract.js';
import { Engine } from '../../src/engine/engine.js';
import { planOf, routeOf } from './plans.js';

const engine = new Engine(loadAddon(), { workers: 2 });
const [listener] = engine.apply(planOf(routeOf(workerData as Partial<EngineRoute>)));
parentPort?.postMessage(Number(listener?.address.split(':').at(-1)));
