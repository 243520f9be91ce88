using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline MaskedSoftmax: Softmax(scores·scale + mask) over the last axis; the mask is broadcast to the scores. Softmax alone is not here: ONNX Runtime's is as fast.</summary>
internal sealed class MaskedSoftmaxBinding() : CustomOp("ai.onnxpipeline", "MaskedSoftmax",
    [new(ElementType.Float), new(ElementType.Float)], [new(ElementType.Float, ShapeOf: 0, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node);

    public override object Read(KernelAttributes attributes) => attributes.Float("scale", 1);

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var (scores, mask) = (call.Input(0), call.Input(1));
        var rows = SoftmaxRows.Of(scores);
        var pieces = new Pieces { X = scores.Floats, Mask = mask.Floats, Rows = rows, Scale = (float)attributes };
        pieces.Place(scores, mask);
        pieces.Y = (float*)call.Output(0, scores);
        call.Run(pieces, rows.Pieces);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* X, Mask, Y;
        public SoftmaxRows Rows;
        public float Scale;

        private int _axes; // before the last
        private int _maskWidth; // 1, or as the rows
        private fixed long _dims[TensorView.MostDims];
        private fixed long _strides[TensorView.MostDims]; // in the mask; 0 where it is broadcast

        /// <exception cref="OrtException">The mask is not broadcast to the scores.</exception>
        public void Place(in TensorView scores, in TensorView mask)
        {
            var missing = scores.Rank - mask.Rank;
            _axes = scores.Rank - 1;
            _maskWidth = mask.Rank == 0 ? 1 : (int)mask.Dim(mask.Rank - 1);
            var fits = missing >= 0 && (_maskWidth == 1 || _maskWidth == Rows.Width);
            var stride = (long)_maskWidth;
            for (var axis = _axes - 1; axis >= 0 && fits; axis--)
            {
                var dim = axis < missing ? 1 : mask.Dim(axis - missing);
                fits = dim == 1 || dim == scores.Dim(axis);
                _dims[axis] = scores.Dim(axis);
                _strides[axis] = dim == 1 ? 0 : stride;
                stride *= dim;
            }

            if (!fits)
            {
                throw new OrtException($"The mask of rank {mask.Rank} and {mask.Count} elements cannot be broadcast to the scores of rank {scores.Rank} and {scores.Count} elements.");
            }
        }

        public readonly void Run(long index)
        {
            var (first, rows) = Rows.Piece(index);
            // Rows of one matrix: they share a row of mask, or theirs follow each other. A number for a row is taken row by row.
            var inner = _axes == 0 || _maskWidth < Rows.Width ? 1 : _dims[_axes - 1];
            for (var end = first + rows; first < end;)
            {
                var count = (int)Math.Min(end - first, inner - (first % inner));
                var start = first * Rows.Width;
                var elements = count * Rows.Width;
                var follow = _axes > 0 && _strides[_axes - 1] != 0;
                Softmax.Forward(
                    new(X + start, elements), Rows.Width, Scale, new(Mask + Offset(first), follow ? count * _maskWidth : _maskWidth), new(Y + start, elements));
                first += count;
            }
        }

        private readonly long Offset(long row)
        {
            var offset = 0L;
            for (var axis = _axes - 1; axis >= 0; axis--)
            {
                offset += row % _dims[axis] * _strides[axis];
                row /= _dims[axis];
            }

            return offset;
        }
    }
}
