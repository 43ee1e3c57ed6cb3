namespace MultiTurnTrainer.Documentation.Api;

/// <summary>Types of signatures as XML docs name them (ECMA-334, annex D): <c>System.Collections.Generic.List{`0}</c>.</summary>
internal sealed partial class DocumentedTypes : ISignatureTypeProvider<string, object?>
{
    private static readonly Dictionary<string, string> _keywords = new()
    {
        ["System.Boolean"] = "bool",
        ["System.Byte"] = "byte",
        ["System.SByte"] = "sbyte",
        ["System.Char"] = "char",
        ["System.Int16"] = "short",
        ["System.UInt16"] = "ushort",
        ["System.Int32"] = "int",
        ["System.UInt32"] = "uint",
        ["System.Int64"] = "long",
        ["System.UInt64"] = "ulong",
        ["System.Single"] = "float",
        ["System.Double"] = "double",
        ["System.Decimal"] = "decimal",
        ["System.String"] = "string",
        ["System.Object"] = "object",
        ["System.Void"] = "void",
    };

    /// <summary>A type as C# writes it, without namespaces.</summary>
    /// <param name="type">As XML docs name it.</param>
    /// <param name="generics">The parameters of the type that it stands in.</param>
    /// <param name="own">The parameters of the method that it stands in.</param>
    public static string ToCSharp(string type, string[] generics, string[] own)
    {
        string text = Optional().Replace(type, "$1?");
        text = Parameter()
            .Replace(
                text,
                match =>
                    (match.Groups[1].Length == 2 ? own : generics).ElementAtOrDefault(
                        int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)
                    ) ?? "T"
            );
        text = Name().Replace(text, match => _keywords.GetValueOrDefault(match.Value) ?? match.Value.Split('.')[^1]);
        text = text.Replace('{', '<').Replace('}', '>').Replace(",", ", ", StringComparison.Ordinal);
        return text.EndsWith('@') ? $"ref {text[..^1]}" : text;
    }

    public string GetPrimitiveType(PrimitiveTypeCode code) => $"System.{code}";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte kind)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        return type.IsNested
            ? $"{GetTypeFromDefinition(reader, type.GetDeclaringType(), kind)}.{reader.GetString(type.Name)}"
            : Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte kind)
    {
        TypeReference type = reader.GetTypeReference(handle);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, kind)}.{reader.GetString(type.Name)}"
            : Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public string GetTypeFromSpecification(
        MetadataReader reader,
        object? context,
        TypeSpecificationHandle handle,
        byte kind
    ) => reader.GetTypeSpecification(handle).DecodeSignature(this, context);

    public string GetGenericInstantiation(string generic, ImmutableArray<string> arguments) =>
        $"{generic.Split('`')[0]}{{{string.Join(",", arguments)}}}";

    public string GetGenericTypeParameter(object? context, int index) => $"`{index}";

    public string GetGenericMethodParameter(object? context, int index) => $"``{index}";

    public string GetSZArrayType(string element) => $"{element}[]";

    public string GetArrayType(string element, ArrayShape shape) =>
        $"{element}[{string.Join(",", Enumerable.Repeat("0:", shape.Rank))}]";

    public string GetByReferenceType(string element) => $"{element}@";

    public string GetPointerType(string element) => $"{element}*";

    public string GetPinnedType(string element) => element;

    public string GetModifiedType(string modifier, string unmodified, bool isRequired) => unmodified;

    public string GetFunctionPointerType(MethodSignature<string> signature) => "delegate*";

    private static string Join(string space, string name) => space.Length == 0 ? name : $"{space}.{name}";

    [GeneratedRegex(@"System\.Nullable\{([^{}]*(?:\{[^{}]*\})?)\}")]
    private static partial Regex Optional();

    [GeneratedRegex(@"(`{1,2})(\d+)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"[A-Za-z_][\w.]*")]
    private static partial Regex Name();
}
