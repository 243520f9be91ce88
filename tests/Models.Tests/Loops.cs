using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests;

/// <summary>The parts of transformers in loops and double; parameters by their names in checkpoints.</summary>
internal sealed class Loops(IReadOnlyDictionary<string, Tensor> parameters)
{
    public bool Has(string name) => parameters.ContainsKey(name);

    public double[] Vector(string name) => Array.ConvertAll(parameters[name].As<float>().ToArray(), v => (double)v);

    public double[][] Matrix(string name)
    {
        var tensor = parameters[name];
        return [.. tensor.As<float>().ToArray().Chunk((int)tensor.Dims[1]).Select(row => Array.ConvertAll(row, v => (double)v))];
    }

    /// <summary>x·Wᵀ + b, W [out, in].</summary>
    public double[][] Linear(string name, double[][] x) => Times(x, Matrix(name + ".weight"), Vector(name + ".bias"));

    /// <summary>x·W + b, W [in, out].</summary>
    public double[][] Conv1D(string name, double[][] x) => Times(x, Transpose(Matrix(name + ".weight")), Vector(name + ".bias"));

    public double[][] Norm(string name, double[][] x, double epsilon)
    {
        var (scale, bias) = (Vector(name + ".weight"), Vector(name + ".bias"));
        return [.. x.Select(row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + epsilon);
            return row.Select((v, i) => ((v - mean) / deviation * scale[i]) + bias[i]).ToArray();
        })];
    }

    /// <summary>Heads of softmax(q·kᵀ·scale)·v beside one another.</summary>
    /// <param name="sees">Whether position i looks at position j.</param>
    public static double[][] Attend(double[][] query, double[][] key, double[][] value, int heads, double scale, Func<int, int, bool> sees)
    {
        var each = query[0].Length / heads;
        var mixed = query.Select(row => new double[row.Length]).ToArray();
        for (var head = 0; head < heads; head++)
        {
            for (var i = 0; i < query.Length; i++)
            {
                var looked = Enumerable.Range(0, key.Length).Where(j => sees(i, j)).ToArray();
                var weights = looked.Select(j => Math.Exp(Dot(Part(query[i]), Part(key[j])) * scale)).ToArray();
                for (var k = 0; k < each; k++)
                {
                    mixed[i][(head * each) + k] = looked.Select((j, n) => weights[n] / weights.Sum() * value[j][(head * each) + k]).Sum();
                }
            }

            double[] Part(double[] row) => row[(head * each)..((head + 1) * each)];
        }

        return mixed;
    }

    public static double[][] Times(double[][] x, double[][] rows, double[]? bias = null) => [.. x.Select(a => rows.Select((row, i) => Dot(a, row) + (bias?[i] ?? 0)).ToArray())];

    public static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, (x, y) => x.Zip(y, (v, w) => v + w).ToArray())];

    public static double[][] Map(double[][] x, Func<double, double> function) => [.. x.Select(row => Array.ConvertAll(row, v => function(v)))];

    public static double[][] Columns(double[][] x, int from, int count) => [.. x.Select(row => row[from..(from + count)])];

    /// <summary>−ln of the softmax of the row at the label.</summary>
    public static double NegativeLog(double[] row, long label) => Math.Log(row.Sum(v => Math.Exp(v))) - row[label];

    private static double[][] Transpose(double[][] x) => [.. Enumerable.Range(0, x[0].Length).Select(column => x.Select(row => row[column]).ToArray())];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
