using System.Globalization;
using System.Reflection;
using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

/// <summary>Runs every test of this assembly but those of <see cref="LaneTests"/>, after making sure of the lane named by the only argument.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        var wanted = Enum.Parse<Lane>(arguments[0]);
        if (LaneChoice.Current != wanted)
        {
            Console.WriteLine($"The lane is {LaneChoice.Current}, {wanted} was to be tested.");
            return 2;
        }

        var ran = 0;
        foreach (var type in typeof(Program).Assembly.GetTypes().Where(t => t != typeof(LaneTests)))
        {
            foreach (var method in type.GetMethods().Where(m => m.IsDefined(typeof(TestAttribute)) || m.IsDefined(typeof(TestCaseAttribute))))
            {
                var cases = method.GetCustomAttributes<TestCaseAttribute>().Select(c => c.Arguments).DefaultIfEmpty([]);
                foreach (var values in cases)
                {
                    try
                    {
                        method.Invoke(Activator.CreateInstance(type), values);
                        ran++;
                    }
                    catch (TargetInvocationException failure)
                    {
                        Console.WriteLine($"{type.Name}.{method.Name}({string.Join(", ", values)}): {failure.InnerException}");
                        return 1;
                    }
                }
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{wanted}: {ran} passed"));
        return ran > 30 ? 0 : 3;
    }
}
