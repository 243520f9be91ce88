// Trains an artifacts folder in Microsoft's own ORT Training runtime (onnxruntime-web 1.19.2, WebAssembly) and prints what came of it.
//   node train.mjs JOB.json
// JOB.json: { "artifacts": folder, "prefix": "", "checkpoint": file (that of the artifacts), "steps": [ { input: { "type": "float32" | "int64", "dims": [..], "data": [..] } } ] }
// Standard output: { "losses": [..], "evaluation": loss of the first batch afterwards, "before": [..], "after": [..] }, the last two all
// parameters (frozen ones too) in parameter order. The learning rate is 0.001: this runtime has no call to change it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// The package's own './training' export is meant for browsers; by file path the module loads in Node.
const dist = fileURLToPath(new URL('node_modules/onnxruntime-web/dist', import.meta.url));
const ort = await import(pathToFileURL(path.join(dist, 'ort.training.wasm.min.mjs')).href);
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = pathToFileURL(dist + path.sep).href;

const job = JSON.parse(await readFile(process.argv[2], 'utf8'));
const file = async (name) => new Uint8Array(await readFile(path.join(job.artifacts, (job.prefix ?? '') + name)));
const session = await ort.TrainingSession.create({
  checkpointState: job.checkpoint ? new Uint8Array(await readFile(job.checkpoint)) : await file('checkpoint'),
  trainModel: await file('training_model.onnx'),
  evalModel: await file('eval_model.onnx'),
  optimizerModel: await file('optimizer_model.onnx'),
});

const feeds = (batch) => Object.fromEntries(Object.entries(batch).map(([name, { type, dims, data }]) =>
  [name, new ort.Tensor(type, type === 'int64' ? BigInt64Array.from(data, BigInt) : Float32Array.from(data), dims)]));
const first = (results, names) => Number(results[names[0]].data[0]);
const parameters = async () => Array.from((await session.getContiguousParameters(false)).data);

const before = await parameters();
const losses = [];
for (const batch of job.steps) {
  losses.push(first(await session.runTrainStep(feeds(batch)), session.trainingOutputNames));
  await session.runOptimizerStep();
  await session.lazyResetGrad();
}
const evaluation = first(await session.runEvalStep(feeds(job.steps[0])), session.evalOutputNames);
// The runtime keeps the process alive; it ends once a pipe has taken everything.
process.stdout.write(JSON.stringify({ losses, evaluation, before, after: await parameters() }), () => process.exit(0));
