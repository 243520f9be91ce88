using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using NUnit.Framework;

namespace OnnxPipeline.Architecture.Tests;

/// <summary>
/// Builds against the training package get a managed part of version 1.19, so every member of ONNX Runtime that Ort uses has to exist
/// there: OnnxRuntimeMembers.txt lists them, and a new one is looked at before it is added.
/// </summary>
public sealed class OnnxRuntimeMembersTests
{
    [Test]
    public void MembersUsedByOrt_Compared_AreThoseOfTheList()
    {
        var used = Used(Repository.AssemblyPath("Ort"));
        var list = Path.Combine(Repository.Root.FullName, "tests", "Architecture.Tests", "OnnxRuntimeMembers.txt");
        var found = Path.Combine(AppContext.BaseDirectory, "OnnxRuntimeMembers.found.txt");
        File.WriteAllText(found, string.Concat(used.Select(line => line + "\n")));
        Assert.That(used, Is.EqualTo(File.ReadAllLines(list)),
            $"Ort uses other members of ONNX Runtime than the list names. See that version 1.19 has the new ones, then put {Path.GetFileName(found)} of the output folder in the list's place.");
    }

    /// <summary>Type.Member(number of parameters), sorted.</summary>
    private static string[] Used(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var reader = file.GetMetadataReader();
        var lines = from handle in reader.MemberReferences
                    let member = reader.GetMemberReference(handle)
                    let type = TypeOf(reader, member.Parent)
                    where type is not null
                    select $"{type}.{reader.GetString(member.Name)}{Parameters(reader, member)}";
        return [.. lines.Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The name of a type of ONNX Runtime; null for any other.</summary>
    private static string? TypeOf(MetadataReader reader, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                var type = reader.GetTypeReference((TypeReferenceHandle)handle);
                if (type.ResolutionScope.Kind == HandleKind.TypeReference)
                {
                    return TypeOf(reader, type.ResolutionScope) is { } outer ? $"{outer}.{reader.GetString(type.Name)}" : null;
                }

                return type.ResolutionScope.Kind == HandleKind.AssemblyReference
                    && reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name) == "Microsoft.ML.OnnxRuntime"
                    ? reader.GetString(type.Name) : null;
            case HandleKind.TypeSpecification:
                var blob = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
                return blob.ReadSignatureTypeCode() == SignatureTypeCode.GenericTypeInstance && blob.ReadByte() > 0 ? TypeOf(reader, blob.ReadTypeHandle()) : null;
            default:
                return null;
        }
    }

    private static string Parameters(MetadataReader reader, MemberReference member)
    {
        var blob = reader.GetBlobReader(member.Signature);
        var header = blob.ReadSignatureHeader();
        if (header.Kind != SignatureKind.Method)
        {
            return ""; // a field
        }

        if (header.IsGeneric)
        {
            blob.ReadCompressedInteger();
        }

        return $"({blob.ReadCompressedInteger()})";
    }
}
