namespace MultiTurnTrainer.Documentation.Api;

/// <summary>A library's page in Markdown: namespaces, types, and the members that are documented.</summary>
/// <param name="name">The library.</param>
/// <param name="types">Its public types.</param>
/// <param name="docs">What is said about them.</param>
internal sealed class LibraryText(string name, IReadOnlyList<LibraryType> types, XmlDocs docs)
{
    private readonly StringBuilder _text = new();

    /// <summary>The page.</summary>
    public string Write()
    {
        _text.Append(
            CultureInfo.InvariantCulture,
            $"# {name}\n\n{Counted.Of(types.Count, "public type")}, from the XML docs of this build.\n"
        );
        foreach (IGrouping<string, LibraryType> space in types.GroupBy(type => type.Namespace))
        {
            _text.Append($"\n## {space.Key}\n");
            foreach (LibraryType type in space)
            {
                AddType(type);
            }
        }

        return _text.ToString();
    }

    private void AddType(LibraryType type)
    {
        _text.Append(
            $"\n### {type.Name.Replace("<", "\\<", StringComparison.Ordinal)}\n\n*{type.Kind}* {docs.Part(type.Id, "summary")}\n"
        );
        if (docs.Part(type.Id, "remarks") is { } remarks)
        {
            _text.Append($"\n{remarks}\n");
        }

        _text.Append('\n');
        foreach (
            LibraryMember member in type.Members.Where(member => docs.Has(member.Id) && !IsSaidTwice(type, member))
        )
        {
            AddMember(member);
        }
    }

    // A record's constructor has the words of its properties.
    private static bool IsSaidTwice(LibraryType type, LibraryMember member) =>
        type.Kind == "record" && member.Id.Contains("#ctor", StringComparison.Ordinal);

    private void AddMember(LibraryMember member)
    {
        string summary = docs.Part(member.Id, "summary") is { } text ? $": {text}" : "";
        _text.Append($"- `{member.Signature}`{summary}\n");
        foreach ((string parameter, string about) in docs.Parts(member.Id, "param", "name"))
        {
            _text.Append($"  - `{parameter}`: {about}\n");
        }

        if (docs.Part(member.Id, "returns") is { } returns)
        {
            _text.Append($"  - returns {returns}\n");
        }

        foreach ((string exception, string about) in docs.Parts(member.Id, "exception", "cref"))
        {
            _text.Append($"  - throws `{exception}`: {about}\n");
        }
    }
}
