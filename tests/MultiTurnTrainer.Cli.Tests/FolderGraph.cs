using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>
/// Which folders of a room use which, read from the source. A folder is its namespace. At every level the folders side by side form
/// a graph, and the files that lie beside them are one more node, written "."; a folder inside one of them counts as that one.
/// </summary>
internal static partial class FolderGraph
{
    /// <summary>Folders that use each other, directly or around: <c>Parent: A, B</c>, in order.</summary>
    public static string[] FindCircles(string project)
    {
        Source[] sources = [.. Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories).Select(Read)];
        ILookup<string, string> types = sources
            .SelectMany(source => source.Types.Select(type => (source.Space, type)))
            .ToLookup(pair => pair.Space, pair => pair.type);
        IEnumerable<(string Parent, string From, string To)> edges = sources
            .SelectMany(source => FindUses(source, types).Select(used => Place(source.Space, used)))
            .Distinct();
        return
        [
            .. edges
                .GroupBy(edge => edge.Parent, edge => (edge.From, edge.To))
                .SelectMany(level => FindComponents([.. level]).Select(nodes => $"{level.Key}: {nodes}"))
                .Order(StringComparer.Ordinal),
        ];
    }

    private static Source Read(string path)
    {
        string text = Comment().Replace(File.ReadAllText(path), "");
        return new Source(Space().Match(text).Groups[1].Value, text, [.. Declared(Declaration().Matches(text))]);
    }

    /// <summary>The other namespaces of the room that a file uses: by <c>using</c>, by a qualified name, or as one that encloses it.</summary>
    private static IEnumerable<string> FindUses(Source source, ILookup<string, string> types)
    {
        string[] enclosing = [.. Enclosing(source.Space)];
        IEnumerable<string> imported = Declared(Using().Matches(source.Text))
            .Select(name => types.Contains(name) ? name : Parent(name));
        IEnumerable<string> qualified = Declared(Qualified().Matches(source.Text))
            .SelectMany(name => enclosing.Append("").Select(outer => outer.Length == 0 ? name : $"{outer}.{name}"))
            .SelectMany(Enclosing)
            .Where(name => types[Parent(name)].Contains(name[(name.LastIndexOf('.') + 1)..]))
            .Select(Parent);
        HashSet<string> words = [.. Declared(Word().Matches(source.Text))];
        IEnumerable<string> seen = enclosing.Where(outer => types[outer].Any(words.Contains));
        return imported.Concat(qualified).Concat(seen).Where(name => types.Contains(name) && name != source.Space);
    }

    private static (string Parent, string From, string To) Place(string from, string to)
    {
        string[] a = from.Split('.');
        string[] b = to.Split('.');
        int common = a.Zip(b).TakeWhile(pair => pair.First == pair.Second).Count();
        string parent = string.Join('/', a.Take(common).Where(part => part != "MultiTurnTrainer"));
        return (parent, a.ElementAtOrDefault(common) ?? ".", b.ElementAtOrDefault(common) ?? ".");
    }

    private static IEnumerable<string> FindComponents((string From, string To)[] edges)
    {
        string[] nodes =
        [
            .. edges.SelectMany(edge => (string[])[edge.From, edge.To]).Distinct().Order(StringComparer.Ordinal),
        ];
        Dictionary<string, HashSet<string>> reached = nodes.ToDictionary(node => node, node => Reach(node, edges));
        return nodes
            .Where(node => reached[node].Contains(node))
            .Select(node => string.Join(", ", nodes.Where(n => reached[node].Contains(n) && reached[n].Contains(node))))
            .Distinct();
    }

    private static HashSet<string> Reach(string start, (string From, string To)[] edges)
    {
        HashSet<string> reached = [];
        Stack<string> open = new([start]);
        while (open.TryPop(out string? node))
        {
            foreach ((_, string to) in edges.Where(edge => edge.From == node && reached.Add(edge.To)))
            {
                open.Push(to);
            }
        }

        return reached;
    }

    private static IEnumerable<string> Declared(MatchCollection matches) =>
        matches.Select(match => match.Groups[1].Value);

    /// <summary>A name and all that it begins with: <c>A.B.C</c>, <c>A.B</c>, <c>A</c>.</summary>
    private static IEnumerable<string> Enclosing(string name)
    {
        for (; name.Length > 0; name = Parent(name))
        {
            yield return name;
        }
    }

    private static string Parent(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];

    private sealed record Source(string Space, string Text, string[] Types);

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Space();

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record) (?:struct |class )?(\w+)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?<![\w.])([A-Z]\w*(?:\.[A-Z]\w*)+)")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"(?<![\w.])([A-Z]\w*)")]
    private static partial Regex Word();
}
