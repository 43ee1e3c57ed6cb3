namespace MultiTurnTrainer.Documentation.Api;

/// <summary>What the XML docs of an assembly say, as Markdown.</summary>
internal sealed partial class XmlDocs
{
    private readonly Dictionary<string, XElement> _members;

    private XmlDocs(Dictionary<string, XElement> members) => _members = members;

    /// <summary>Reads the file that the compiler wrote.</summary>
    public static XmlDocs Read(string path) =>
        new(
            XDocument
                .Load(path)
                .Descendants("member")
                .DistinctBy(member => member.Attribute("name")!.Value)
                .ToDictionary(member => member.Attribute("name")!.Value)
        );

    /// <summary>Whether a member is documented: its name as the compiler writes it.</summary>
    public bool Has(string id) => _members.ContainsKey(id);

    /// <summary>A part of what is said about a member, such as <c>summary</c>; null where that is not said.</summary>
    public string? Part(string id, string name) =>
        Find(id)?.Element(name) is { } part && Text(part) is { Length: > 0 } text ? text : null;

    /// <summary>The parts that have a name of their own: parameters, exceptions.</summary>
    /// <param name="id">The member.</param>
    /// <param name="element"><c>param</c> or <c>exception</c>.</param>
    /// <param name="attribute">What names it: <c>name</c> or <c>cref</c>.</param>
    public IEnumerable<(string Name, string Text)> Parts(string id, string element, string attribute) =>
        Find(id)?.Elements(element).Select(part => (Short(part.Attribute(attribute)!.Value), Text(part))) ?? [];

    // A member that takes its words from another one of this library.
    private XElement? Find(string id)
    {
        XElement? member = _members.GetValueOrDefault(id);
        string? other = member?.Element("inheritdoc")?.Attribute("cref")?.Value;
        return other is not null && other != id && _members.TryGetValue(other, out XElement? inherited)
            ? inherited
            : member;
    }

    private static string Text(XElement element) =>
        Blanks().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) =>
        node switch
        {
            XText text => Marks().Replace(text.Value, @"\$0"),
            XElement { Name.LocalName: "c" or "code" } code => $"`{code.Value}`",
            XElement see
                when (see.Attribute("cref") ?? see.Attribute("langword") ?? see.Attribute("name")) is { } name =>
                $"`{Short(name.Value)}`",
            XElement { Name.LocalName: "item" } item => $" · {Text(item)}",
            XElement other => $" {Text(other)}",
            _ => "",
        };

    // T:Space.Name`1 and M:Space.Name.Method(…) by their last name.
    private static string Short(string reference) =>
        reference is [_, ':', .. var full]
            ? full.Split('(')[0].Split('`')[0].Split('.')[^1].Replace("#ctor", "constructor", StringComparison.Ordinal)
            : reference;

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"[\\`*_\[\]<]")]
    private static partial Regex Marks();
}
