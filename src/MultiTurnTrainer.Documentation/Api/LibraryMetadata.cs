namespace MultiTurnTrainer.Documentation.Api;

/// <summary>A public type.</summary>
/// <param name="Id">Its name in XML docs, such as <c>T:Space.Name`1</c>.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name as C# writes it.</param>
/// <param name="Kind">Such as <c>static class</c>.</param>
/// <param name="Members">What can be used of it.</param>
internal sealed record LibraryType(
    string Id,
    string Namespace,
    string Name,
    string Kind,
    IReadOnlyList<LibraryMember> Members
);

/// <summary>A public or protected member.</summary>
/// <param name="Id">Its name in XML docs.</param>
/// <param name="Signature">It as C# writes it, with short names of types.</param>
internal sealed record LibraryMember(string Id, string Signature);

/// <summary>Reads the public types of an assembly from its metadata.</summary>
internal sealed class LibraryMetadata
{
    private readonly MetadataReader _reader;
    private readonly DocumentedTypes _names = new();

    private LibraryMetadata(MetadataReader reader) => _reader = reader;

    /// <summary>The public types, nested ones too, by namespace and name.</summary>
    public static IReadOnlyList<LibraryType> ReadTypes(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        LibraryMetadata library = new(file.GetMetadataReader());
        return
        [
            .. library
                ._reader.TypeDefinitions.Where(library.IsPublic)
                .Select(library.ReadType)
                .OrderBy(type => type.Namespace, StringComparer.Ordinal)
                .ThenBy(type => type.Name, StringComparer.Ordinal),
        ];
    }

    private bool IsPublic(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic => IsPublic(type.GetDeclaringType()),
            _ => false,
        };
    }

    private LibraryType ReadType(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        string full = _names.GetTypeFromDefinition(_reader, handle, 0);
        string[] generics = [.. type.GetGenericParameters().Select(NameOf)];
        // A nested type has its namespace from the outermost one.
        TypeDefinition outer = type;
        while (outer.IsNested)
        {
            outer = _reader.GetTypeDefinition(outer.GetDeclaringType());
        }

        string space = _reader.GetString(outer.Namespace);
        LibraryMember[] members =
        [
            .. type.GetMethods().SelectMany(method => ReadMethod(full, generics, method)),
            .. type.GetProperties().SelectMany(property => ReadProperty(full, generics, property)),
            .. type.GetFields().SelectMany(field => ReadField(full, generics, field)),
        ];
        string name = full[(space.Length + (space.Length > 0 ? 1 : 0))..].Split('`')[0];
        return new LibraryType(
            $"T:{full}",
            space,
            generics.Length > 0 ? $"{name}<{string.Join(", ", generics)}>" : name,
            KindOf(type),
            members
        );
    }

    private string KindOf(TypeDefinition type)
    {
        string parent = type.BaseType.IsNil ? "" : BaseOf(type.BaseType);
        bool isRecord = type.GetMethods()
            .Any(method => _reader.GetString(_reader.GetMethodDefinition(method).Name) == "<Clone>$");
        return (type.Attributes, parent) switch
        {
            ({ } flags, _) when flags.HasFlag(TypeAttributes.Interface) => "interface",
            (_, "System.Enum") => "enum",
            (_, "System.ValueType") => "struct",
            (_, "System.MulticastDelegate") => "delegate",
            ({ } flags, _) when flags.HasFlag(TypeAttributes.Abstract | TypeAttributes.Sealed) => "static class",
            _ => isRecord ? "record" : "class",
        };
    }

    private string BaseOf(EntityHandle handle) =>
        handle.Kind switch
        {
            HandleKind.TypeReference => _names.GetTypeFromReference(_reader, (TypeReferenceHandle)handle, 0),
            HandleKind.TypeDefinition => _names.GetTypeFromDefinition(_reader, (TypeDefinitionHandle)handle, 0),
            _ => "",
        };

    private IEnumerable<LibraryMember> ReadMethod(string type, string[] generics, MethodDefinitionHandle handle)
    {
        MethodDefinition method = _reader.GetMethodDefinition(handle);
        string name = _reader.GetString(method.Name);
        bool isConstructor = name == ".ctor";
        if (
            !IsVisible(method.Attributes) || (method.Attributes.HasFlag(MethodAttributes.SpecialName) && !isConstructor)
        )
        {
            yield break;
        }

        string[] own = [.. method.GetGenericParameters().Select(NameOf)];
        MethodSignature<string> signature = method.DecodeSignature(_names, null);
        string count = own.Length > 0 ? $"``{own.Length}" : "";
        string id = $"M:{type}.{(isConstructor ? "#ctor" : name)}{count}{Parameters(signature.ParameterTypes)}";
        string[] names =
        [
            .. method
                .GetParameters()
                .Select(_reader.GetParameter)
                .Where(p => p.SequenceNumber > 0)
                .OrderBy(p => p.SequenceNumber)
                .Select(p => _reader.GetString(p.Name)),
        ];
        string written = string.Join(
            ", ",
            signature.ParameterTypes.Select((part, i) => $"{Shown(part, generics, own)} {names.ElementAtOrDefault(i)}")
        );
        yield return new LibraryMember(
            id,
            isConstructor
                ? $"new {type.Split('`')[0].Split('.')[^1]}({written})"
                : $"{Shown(signature.ReturnType, generics, own)} {name}{(own.Length > 0 ? $"<{string.Join(", ", own)}>" : "")}({written})"
        );
    }

    private IEnumerable<LibraryMember> ReadProperty(string type, string[] generics, PropertyDefinitionHandle handle)
    {
        PropertyDefinition property = _reader.GetPropertyDefinition(handle);
        PropertyAccessors accessors = property.GetAccessors();
        MethodDefinitionHandle accessor = accessors.Getter.IsNil ? accessors.Setter : accessors.Getter;
        if (!accessor.IsNil && IsVisible(_reader.GetMethodDefinition(accessor).Attributes))
        {
            MethodSignature<string> signature = property.DecodeSignature(_names, null);
            string name = _reader.GetString(property.Name);
            string index = string.Join(", ", signature.ParameterTypes.Select(part => Shown(part, generics, [])));
            string shown = index.Length > 0 ? $"this[{index}]" : name;
            yield return new LibraryMember(
                $"P:{type}.{name}{Parameters(signature.ParameterTypes)}",
                $"{Shown(signature.ReturnType, generics, [])} {shown}"
            );
        }
    }

    private IEnumerable<LibraryMember> ReadField(string type, string[] generics, FieldDefinitionHandle handle)
    {
        FieldDefinition field = _reader.GetFieldDefinition(handle);
        if ((field.Attributes & FieldAttributes.FieldAccessMask) == FieldAttributes.Public)
        {
            string name = _reader.GetString(field.Name);
            string shown = Shown(field.DecodeSignature(_names, null), generics, []);
            yield return new LibraryMember($"F:{type}.{name}", $"{shown} {name}");
        }
    }

    private static bool IsVisible(MethodAttributes attributes) =>
        (attributes & MethodAttributes.MemberAccessMask)
            is MethodAttributes.Public
                or MethodAttributes.Family
                or MethodAttributes.FamORAssem;

    private static string Parameters(ImmutableArray<string> types) =>
        types.IsEmpty ? "" : $"({string.Join(",", types)})";

    private static string Shown(string type, string[] generics, string[] own) =>
        DocumentedTypes.ToCSharp(type, generics, own);

    private string NameOf(GenericParameterHandle handle) => _reader.GetString(_reader.GetGenericParameter(handle).Name);
}
