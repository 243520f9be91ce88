// Tensors of onnxruntime-web from what the tests write: { name: { "type": "float32" | "int64" | "int32" | "bool", "dims": [..], "data": [..] } }
const arrays = {
  float32: (data) => Float32Array.from(data),
  int64: (data) => BigInt64Array.from(data, BigInt),
  int32: (data) => Int32Array.from(data),
  bool: (data) => Uint8Array.from(data),
};

export const feeds = (ort, batch) => Object.fromEntries(
  Object.entries(batch).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, arrays[type](data), dims)]));
