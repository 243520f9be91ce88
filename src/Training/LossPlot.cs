using System.Text;

namespace OnnxPipeline.Training;

/// <summary>loss.svg: training loss (thin: every row, thick: its mean over some steps) and evaluation loss over steps. Plain SVG, so that no drawing library has to load.</summary>
public static class LossPlot
{
    private const double Width = 860, Height = 480, Left = 70, Right = 20, Top = 40, Bottom = 50;

    /// <summary>The picture of a run's losses.</summary>
    public static string Svg(LossSeries training, LossSeries evaluation, string title)
    {
        (double Step, double Loss)[] train = [.. training.Points], eval = [.. evaluation.Points];
        var all = train.Concat(eval).ToArray();
        var svg = new StringBuilder();
        svg.Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"13\">\n");
        svg.Append($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n<text x=\"{Left}\" y=\"24\" font-size=\"16\">{Escape(title)}</text>\n");
        if (all.Length == 0)
        {
            return svg.Append($"<text x=\"{Left}\" y=\"{Height / 2}\">no step yet</text>\n</svg>\n").ToString();
        }

        var (maxStep, low, high) = (Math.Max(Math.Max(training.LastStep, evaluation.LastStep), 1), all.Min(p => p.Loss), all.Max(p => p.Loss));
        var margin = high > low ? (high - low) * 0.05 : Math.Max(Math.Abs(high) * 0.1, 0.1);
        (low, high) = (low - margin, high + margin);
        double X(double step) => Left + step / maxStep * (Width - Left - Right);
        double Y(double loss) => Top + (high - loss) / (high - low) * (Height - Top - Bottom);

        foreach (var tick in Ticks(low, high))
        {
            svg.Append($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):0.#}\" y2=\"{Y(tick):0.#}\" stroke=\"#e5e5e5\"/><text x=\"{Left - 8}\" y=\"{Y(tick) + 4:0.#}\" text-anchor=\"end\">{tick:0.####}</text>\n");
        }

        foreach (var tick in Ticks(0, maxStep).Where(tick => tick == Math.Floor(tick)))
        {
            svg.Append($"<text x=\"{X(tick):0.#}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{tick:#,0}</text>\n");
        }

        svg.Append($"<line x1=\"{Left}\" x2=\"{Left}\" y1=\"{Top}\" y2=\"{Height - Bottom}\" stroke=\"#888\"/><line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\" stroke=\"#888\"/>\n");
        svg.Append($"<text x=\"{(Left + Width) / 2}\" y=\"{Height - 12}\" text-anchor=\"middle\">step</text>\n<text transform=\"translate(16 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">loss</text>\n");
        Line(train, "#a9c9ec", 1);
        Line(Smoothed(train), "#1f6fbf", 2);
        Line(eval, "#d1495b", 2);
        Dots(train.Length <= 5 ? train : [], "#1f6fbf");
        Dots(eval.Length <= 60 ? eval : [], "#d1495b");

        Legend(0, "#1f6fbf", train.Length > 0 ? $"train {training.Last:0.####}" : "");
        Legend(1, "#d1495b", eval.Length > 0 ? $"eval {evaluation.Last:0.####} (best {evaluation.Lowest:0.####})" : "");
        return svg.Append("</svg>\n").ToString();

        void Line(IEnumerable<(double Step, double Loss)> points, string color, double width)
        {
            var path = string.Join(" ", points.Select(p => $"{X(p.Step):0.#},{Y(p.Loss):0.#}"));
            if (path.Length > 0)
            {
                svg.Append($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"/>\n");
            }
        }

        void Dots(IEnumerable<(double Step, double Loss)> points, string color)
        {
            foreach (var (step, loss) in points)
            {
                svg.Append($"<circle cx=\"{X(step):0.#}\" cy=\"{Y(loss):0.#}\" r=\"3\" fill=\"{color}\"/>\n");
            }
        }

        void Legend(int index, string color, string text)
        {
            if (text.Length > 0)
            {
                var y = Top + 14 + 20 * index;
                svg.Append($"<line x1=\"{Width - 250}\" x2=\"{Width - 225}\" y1=\"{y - 4}\" y2=\"{y - 4}\" stroke=\"{color}\" stroke-width=\"3\"/><text x=\"{Width - 218}\" y=\"{y}\">{text}</text>\n");
            }
        }
    }

    /// <summary>The mean over about a fiftieth of the run around each point, less at both ends: it does not lag behind.</summary>
    private static (double Step, double Loss)[] Smoothed((double Step, double Loss)[] points)
    {
        var sums = new double[points.Length + 1];
        for (var i = 0; i < points.Length; i++)
        {
            sums[i + 1] = sums[i] + points[i].Loss;
        }

        return [.. points.Select((p, i) =>
        {
            var reach = Math.Min(points.Length / 100, Math.Min(i, points.Length - 1 - i));
            return (p.Step, (sums[i + reach + 1] - sums[i - reach]) / (2 * reach + 1));
        })];
    }

    private static IEnumerable<double> Ticks(double low, double high)
    {
        var raw = (high - low) / 6;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = new[] { 1, 2, 5, 10 }.Select(m => m * power).First(s => s >= raw);
        for (var tick = Math.Ceiling(low / step) * step; tick <= high; tick += step)
        {
            yield return tick;
        }
    }

    private static string Escape(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
}
