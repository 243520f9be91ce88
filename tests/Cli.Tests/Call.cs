namespace OnnxPipeline.Cli.Tests;

/// <summary>One call of the program inside the test's process: exit code and both outputs.</summary>
internal sealed record Call(int Code, string Output, string Error)
{
    public static async Task<Call> Of(params string[] args) => await Of(args, "", CancellationToken.None);

    public static async Task<Call> Of(string[] args, string input, CancellationToken cancellation)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var terminal = new Terminal(new StringReader(input), output, error, outputIsLive: false, errorIsLive: false);
        var code = await CommandLine.RunAsync(args, terminal, cancellation);
        return new Call(code, output.ToString(), error.ToString());
    }
}
