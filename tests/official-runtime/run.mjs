// Computes a model in the inference build of onnxruntime-web 1.19.2 (WebAssembly, no training, no operators of ours) and prints its outputs.
//   node run.mjs JOB.json
// JOB.json: { "model": file, "inputs": tensors.mjs has their form }
// Standard output: { name: [..] }
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { feeds } from './tensors.mjs';

const dist = fileURLToPath(new URL('node_modules/onnxruntime-web/dist', import.meta.url));
const ort = await import(pathToFileURL(path.join(dist, 'ort.wasm.min.mjs')).href);
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = pathToFileURL(dist + path.sep).href;

const job = JSON.parse(await readFile(process.argv[2], 'utf8'));
const session = await ort.InferenceSession.create(new Uint8Array(await readFile(job.model)));
const results = await session.run(feeds(ort, job.inputs));
const outputs = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, Array.from(tensor.data, Number)]));
process.stdout.write(JSON.stringify(outputs), () => process.exit(0));
