// Trains artifacts folders in Microsoft's own ORT Training runtime (onnxruntime-web 1.19.2, WebAssembly) and prints what came of it.
//   node train.mjs JOB.json
// JOB.json: { "artifacts": folder, "prefix": "", "checkpoint": file (that of the artifacts), "steps": [ inputs, in the form of tensors.mjs ] }, or a list of such jobs
// Standard output: { "losses": [..], "evaluation": loss of the first batch afterwards, "before": [..], "after": [..] }, the last two all
// parameters (frozen ones too) in parameter order; of a list of jobs a list, with { "error": text } where a job failed. The learning rate is
// 0.001: this runtime has no call to change it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { feeds } from './tensors.mjs';

// The package's own './training' export is meant for browsers; by file path the module loads in Node.
const dist = fileURLToPath(new URL('node_modules/onnxruntime-web/dist', import.meta.url));
let instances = 0;

// A new instance of the runtime: after a failure the old one can be broken.
async function load() {
  const ort = await import(pathToFileURL(path.join(dist, 'ort.training.wasm.min.mjs')).href + '?' + instances++);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = pathToFileURL(dist + path.sep).href;
  return ort;
}

async function train(ort, job) {
  const file = async (name) => new Uint8Array(await readFile(path.join(job.artifacts, (job.prefix ?? '') + name)));
  const session = await ort.TrainingSession.create({
    checkpointState: job.checkpoint ? new Uint8Array(await readFile(job.checkpoint)) : await file('checkpoint'),
    trainModel: await file('training_model.onnx'),
    evalModel: await file('eval_model.onnx'),
    optimizerModel: await file('optimizer_model.onnx'),
  });
  const first = (results, names) => Number(results[names[0]].data[0]);
  const parameters = async () => Array.from((await session.getContiguousParameters(false)).data);

  const before = await parameters();
  const losses = [];
  for (const batch of job.steps) {
    losses.push(first(await session.runTrainStep(feeds(ort, batch)), session.trainingOutputNames));
    await session.runOptimizerStep();
    await session.lazyResetGrad();
  }
  const evaluation = first(await session.runEvalStep(feeds(ort, job.steps[0])), session.evalOutputNames);
  const after = await parameters();
  return { losses, evaluation, before, after };
}

const job = JSON.parse(await readFile(process.argv[2], 'utf8'));
let result = [];
let ort = await load();
for (const one of [job].flat()) {
  try {
    result.push(await train(ort, one));
  } catch (error) {
    if (!Array.isArray(job)) throw error;
    result.push({ error: error.message ?? String(error) });
    ort = await load();
  }
}

if (!Array.isArray(job)) {
  [result] = result;
}

// The runtime keeps the process alive; it ends once a pipe has taken everything.
process.stdout.write(JSON.stringify(result), () => process.exit(0));
