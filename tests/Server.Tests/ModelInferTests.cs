using Google.Protobuf;
using Grpc.Core;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Protos.OpenInference;
using OnnxPipeline.Serving;
using InputTensor = OnnxPipeline.Protos.OpenInference.ModelInferRequest.Types.InferInputTensor;
using RequestedOutput = OnnxPipeline.Protos.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace OnnxPipeline.Server.Tests;

/// <summary>Through the wire, on models of a few lines.</summary>
public sealed class ModelInferTests
{
    private static readonly string[] Floats16 = ["FP16", "BF16"];
    private LocalServer server = null!;

    private static IEnumerable<string> Datatypes => Serving.Datatypes.All;

    private static IEnumerable<string> TypedDatatypes => Datatypes.Except(Floats16);

    [OneTimeSetUp]
    public async Task Start() => server = await LocalServer.Of(
    [
        .. Datatypes.Select(datatype => Models.Identity(Serving.Datatypes.TypeOf(datatype)!.Value, datatype, 1, -1)),
        Models.Pair(), Models.Identity(name: "versions", version: 2, dims: [-1]), Models.Identity(name: "versions", version: 10, dims: [-1]),
        new("to_half", 1, [new("x", ElementType.Float, [-1])], [new("y", ElementType.Float16, [-1])], (_, _, _) => [new("y", Elements.Of("FP16"))]),
    ]);

    [OneTimeTearDown]
    public async Task Stop() => await server.DisposeAsync();

    [TestCaseSource(nameof(Datatypes))]
    public async Task ModelInfer_RawInput_AnswersRaw(string datatype)
    {
        var answer = await Infer(Requests.Raw(datatype, datatype, Elements.Raw(datatype), 3));
        Assert.Multiple(() =>
        {
            Assert.That(answer.RawOutputContents.Single().ToByteArray(), Is.EqualTo(Elements.Raw(datatype)));
            Assert.That(answer.Outputs.Single(), Is.EqualTo(new ModelInferResponse.Types.InferOutputTensor { Name = "y", Datatype = datatype, Shape = { 3 } }));
        });
    }

    [TestCaseSource(nameof(TypedDatatypes))]
    public async Task ModelInfer_TypedInput_AnswersTyped(string datatype)
    {
        var answer = await Infer(Requests.Typed(datatype, datatype, Elements.Typed(datatype), 3));
        Assert.Multiple(() =>
        {
            Assert.That(answer.RawOutputContents, Is.Empty);
            Assert.That(answer.Outputs.Single().Contents, Is.EqualTo(Elements.Typed(datatype)));
            Assert.That(answer.Outputs.Single().Datatype, Is.EqualTo(datatype));
        });
    }

    [TestCaseSource(nameof(Datatypes))]
    public async Task ModelInfer_TensorWithoutElements_AnswersOneWithout(string datatype)
    {
        var raw = await Infer(Requests.Raw(datatype, datatype, [], 0));
        Assert.That(raw.RawOutputContents.Single(), Is.Empty);
        Assert.That(raw.Outputs.Single().Shape, Is.EqualTo(new long[] { 0 }));
    }

    [TestCaseSource(nameof(Floats16))]
    public async Task ModelInfer_TypedSixteenBitFloat_IsRefused(string datatype) =>
        await Refused(Requests.Typed(datatype, datatype, new() { Fp32Contents = { 1 } }, 1), StatusCode.InvalidArgument, "'x'", datatype, "raw_input_contents");

    [Test]
    public async Task ModelInfer_TypedInputAndSixteenBitOutput_AnswersRaw()
    {
        var answer = await Infer(Requests.Typed("to_half", "FP32", Elements.Typed("FP32"), 3));
        Assert.That(answer.RawOutputContents.Single().ToByteArray(), Is.EqualTo(Elements.Raw("FP16")));
        Assert.That(answer.Outputs.Single().Contents, Is.Null);
    }

    [Test]
    public async Task ModelInfer_IdAndParameters_IdComesBackAndParametersChangeNothing()
    {
        var request = Pair();
        (request.Id, request.Parameters["priority"]) = ("call 7", new InferParameter { Uint64Param = 1 });
        request.Inputs[0].Parameters["anything"] = new InferParameter { StringParam = "at all" };
        var answer = await Infer(request);
        Assert.Multiple(() =>
        {
            Assert.That((answer.Id, answer.ModelName, answer.ModelVersion), Is.EqualTo(("call 7", "pair", "1")));
            Assert.That(answer.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "a_out", "b_out" }));
        });
    }

    [Test]
    public async Task ModelInfer_NamedOutputs_ComeAloneAndInTheOrderAskedFor()
    {
        var request = Pair();
        request.Outputs.Add([new RequestedOutput { Name = "b_out" }, new RequestedOutput { Name = "a_out" }]);
        Assert.That((await Infer(request)).Outputs.Select(output => output.Name), Is.EqualTo(new[] { "b_out", "a_out" }));
        request.Outputs.RemoveAt(1);
        var answer = await Infer(request);
        Assert.That(answer.Outputs.Single().Name, Is.EqualTo("b_out"));
        Assert.That(answer.RawOutputContents.Single().ToByteArray(), Is.EqualTo(BitConverter.GetBytes(7L)));
    }

    [TestCase("", "10")]
    [TestCase("2", "2")]
    public async Task ModelInfer_Version_EmptyIsTheHighestNumber(string version, string answered)
    {
        var request = Requests.Raw("versions", "FP32", new byte[4], 1);
        request.ModelVersion = version;
        Assert.That((await Infer(request)).ModelVersion, Is.EqualTo(answered));
    }

    [Test]
    public async Task ModelInfer_UnknownModelOrVersion_IsNotFound()
    {
        await Refused(Requests.Raw("nothing", "FP32", new byte[4], 1), StatusCode.NotFound, "'nothing'", "pair");
        var request = Requests.Raw("versions", "FP32", new byte[4], 1);
        request.ModelVersion = "3";
        await Refused(request, StatusCode.NotFound, "'3'", "2, 10");
    }

    [Test]
    public async Task ModelInfer_WrongDatatype_NamesTensorAndBoth()
    {
        await Refused(Requests.Raw("FP32", "INT64", new byte[8], 1), StatusCode.InvalidArgument, "'x'", "got datatype INT64", "wanted FP32");
        await Refused(Requests.Raw("FP32", "FLOAT", new byte[8], 1), StatusCode.InvalidArgument, "'x'", "'FLOAT'", "FP32");
    }

    [TestCase(new long[] { 2, 3 }, "got shape [2, 3], wanted [-1, 2]")]
    [TestCase(new long[] { 6 }, "got shape [6], wanted [-1, 2]")]
    [TestCase(new long[] { 3, -2 }, "got shape [3, -2], wanted")]
    [TestCase(new long[] { 1L << 40, 1L << 40 }, "got shape [1099511627776, 1099511627776]")]
    [TestCase(new long[] { 1L << 40, 1L << 22 }, "got shape [1099511627776, 4194304]")]
    public async Task ModelInfer_WrongShape_NamesTensorAndBoth(long[] shape, string words)
    {
        var request = Pair();
        request.Inputs[0].Shape.Clear();
        request.Inputs[0].Shape.Add(shape);
        request.RawInputContents[0] = ByteString.CopyFrom(new byte[24]);
        await Refused(request, StatusCode.InvalidArgument, "'a'", words);
    }

    [TestCaseSource(nameof(Datatypes))]
    public async Task ModelInfer_WrongByteLength_NamesTensorAndBoth(string datatype)
    {
        var raw = Elements.Raw(datatype);
        await Refused(Requests.Raw(datatype, datatype, raw[..^1], 3), StatusCode.InvalidArgument, "'x'", $"got {raw.Length - 1} raw bytes");
        await Refused(Requests.Raw(datatype, datatype, raw, 4), StatusCode.InvalidArgument, "'x'", "wanted");
    }

    [TestCaseSource(nameof(TypedDatatypes))]
    public async Task ModelInfer_WrongNumberOfTypedElements_NamesTensorAndBoth(string datatype) =>
        await Refused(Requests.Typed(datatype, datatype, Elements.Typed(datatype), 4), StatusCode.InvalidArgument, "'x'", "got 3", "wanted 4");

    [Test]
    public async Task ModelInfer_TypedElementsInAnotherField_NamesBoth() =>
        await Refused(Requests.Typed("FP32", "FP32", Elements.Typed("FP64"), 3), StatusCode.InvalidArgument, "'x'", "fp64_contents", "fp32_contents");

    [TestCase("INT8", 128)]
    [TestCase("INT16", -32769)]
    public async Task ModelInfer_TypedElementOutOfRange_NamesIt(string datatype, int value) =>
        await Refused(Requests.Typed(datatype, datatype, new() { IntContents = { 0, value } }, 2), StatusCode.InvalidArgument, "'x'", $"got {value} as element 1", datatype);

    [Test]
    public async Task ModelInfer_RawBoolThatIsNeitherZeroNorOne_IsRefused() =>
        await Refused(Requests.Raw("BOOL", "BOOL", [0, 2, 1], 3), StatusCode.InvalidArgument, "'x'", "2 as element 1");

    [Test]
    public async Task ModelInfer_BytesWhoseLengthLeadsBeyondTheEnd_IsRefused() =>
        await Refused(Requests.Raw("BYTES", "BYTES", [255, 255, 255, 255, 1], 1), StatusCode.InvalidArgument, "'x'", "beyond the end");

    [Test]
    public async Task ModelInfer_RawAndTypedMixed_IsRefused()
    {
        var request = Requests.Raw("FP32", "FP32", Elements.Raw("FP32"), 3);
        request.Inputs[0].Contents = Elements.Typed("FP32");
        await Refused(request, StatusCode.InvalidArgument, "'x'", "contents as well as raw_input_contents");
        var pair = Pair();
        pair.RawInputContents.RemoveAt(1);
        await Refused(pair, StatusCode.InvalidArgument, "got 1 raw_input_contents, wanted 2", "'a', 'b'");
    }

    [Test]
    public async Task ModelInfer_MissingUnknownOrRepeatedInput_NamesIt()
    {
        var missing = Pair();
        missing.Inputs.RemoveAt(1);
        missing.RawInputContents.RemoveAt(1);
        await Refused(missing, StatusCode.InvalidArgument, "'b' is missing");

        var unknown = Pair();
        unknown.Inputs[1].Name = "c";
        await Refused(unknown, StatusCode.InvalidArgument, "'c'", "'a', 'b'");

        var twice = Pair();
        twice.Inputs[1] = twice.Inputs[0];
        twice.RawInputContents[1] = twice.RawInputContents[0];
        await Refused(twice, StatusCode.InvalidArgument, "'a'", "twice");
    }

    [Test]
    public async Task ModelInfer_UnknownOrRepeatedOutput_NamesIt()
    {
        var unknown = Pair();
        unknown.Outputs.Add(new RequestedOutput { Name = "z" });
        await Refused(unknown, StatusCode.InvalidArgument, "'z'", "'a_out', 'b_out'");
        var twice = Pair();
        twice.Outputs.Add([new RequestedOutput { Name = "a_out" }, new RequestedOutput { Name = "a_out" }]);
        await Refused(twice, StatusCode.InvalidArgument, "'a_out'", "two requests");
    }

    [Test]
    public async Task ModelInfer_LongHostileName_IsAnsweredWithinTheTrailersThatClientsTake() =>
        await Refused(Requests.Raw(new string('ü', 1 << 20), "FP32", new byte[4], 1), StatusCode.NotFound, "üüü");

    [Test]
    public async Task ModelInfer_FortyMebibytes_PassBothWays()
    {
        var raw = new byte[40 << 20]; // more than Kestrel's and gRPC's own limits
        raw[^1] = 1;
        var answer = await Infer(Requests.Raw("UINT8", "UINT8", raw, raw.Length));
        Assert.That(answer.RawOutputContents.Single().Span.SequenceEqual(raw));
    }

    private static ModelInferRequest Pair() => new()
    {
        ModelName = "pair",
        Inputs = { new InputTensor { Name = "a", Datatype = "FP32", Shape = { 2, 2 } }, new InputTensor { Name = "b", Datatype = "INT64", Shape = { 1 } } },
        RawInputContents = { ByteString.CopyFrom(new byte[16]), ByteString.CopyFrom(BitConverter.GetBytes(7L)) },
    };

    private async Task<ModelInferResponse> Infer(ModelInferRequest request) => await server.Calls.ModelInferAsync(request, deadline: LocalServer.Deadline);

    private async Task Refused(ModelInferRequest request, StatusCode status, params string[] words)
    {
        var e = await Caught.Status(() => Infer(request));
        Assert.That(e.StatusCode, Is.EqualTo(status), e.Status.Detail);
        foreach (var word in words)
        {
            Assert.That(e.Status.Detail, Does.Contain(word));
        }
    }
}
