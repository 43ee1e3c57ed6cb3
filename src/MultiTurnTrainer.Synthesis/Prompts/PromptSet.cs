// Folder Prompts: the prompts of the roles, built in or edited.
// Refuses to know: what is sent where.

namespace MultiTurnTrainer.Synthesis.Prompts;

/// <summary>
/// The prompts of all roles: the built-in files, or a user's edited copies of them. Text between double braces is filled
/// in: <c>{{question}}</c>, <c>{{material}}</c>, <c>{{criteria}}</c>, <c>{{format}}</c>, <c>{{problem}}</c>.
/// </summary>
public sealed class PromptSet
{
    private const string Prefix = "prompts/";

    /// <summary>The placeholders that each prompt must keep; without them a role would not see its material.</summary>
    private static readonly Dictionary<string, string[]> _placeholders = new(StringComparer.Ordinal)
    {
        ["candidate.system"] = [],
        ["candidate.guide"] = ["question", "format"],
        ["candidate.revise"] = ["material", "format"],
        ["reviewer.system"] = ["criteria"],
        ["reviewer.open"] = [],
        ["reviewer.guide"] = ["material", "format"],
        ["chairman.system"] = [],
        ["chairman.ask"] = ["material", "format"],
        ["chairman.ask-unreviewed"] = ["format"],
        ["chairman.decide"] = ["material", "format"],
        ["chairman.decide-unreviewed"] = ["format"],
        ["repair"] = ["problem", "format"],
        ["shard.system"] = [],
        ["shard.segment"] = ["material", "max_segments", "format"],
        ["shard.rephrase"] = ["material", "count", "format"],
        ["shard.verify"] = ["material", "format"],
    };

    private readonly SortedDictionary<string, string> _texts;

    private PromptSet(IEnumerable<KeyValuePair<string, string>> texts) =>
        _texts = new SortedDictionary<string, string>(
            texts.ToDictionary(pair => pair.Key, pair => pair.Value.ReplaceLineEndings("\n").Trim()),
            StringComparer.Ordinal
        );

    /// <summary>The prompts that come with this version.</summary>
    public static PromptSet Builtin { get; } = new(ReadBuiltin());

    /// <summary>The text of every prompt by name, such as <c>candidate.system</c>.</summary>
    public IReadOnlyDictionary<string, string> Texts => _texts;

    /// <summary>SHA-256 over names and texts.</summary>
    public string Hash =>
        ContentHash.Of(Encoding.UTF8.GetBytes(string.Concat(_texts.Select(pair => $"{pair.Key}\0{pair.Value}\0"))));

    /// <summary>What the names of <c>mtt shard</c>'s prompts begin with.</summary>
    internal const string ShardPrefix = "shard.";

    /// <summary>The prompts of a folder, or the built-in ones for null.</summary>
    public static PromptSet Open(string? folder) => folder is null ? Builtin : Load(folder);

    /// <summary>Reads a folder of <c>NAME.md</c> files; a prompt without a file is the built-in one.</summary>
    /// <exception cref="MttException">The folder is missing, holds an unknown name, or a prompt lost a placeholder.</exception>
    public static PromptSet Load(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new MttException(
                $"{folder}: there is no such folder of prompts",
                "Write one with: mtt init --prompts"
            );
        }

        Dictionary<string, string> texts = new(Builtin._texts, StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (!texts.ContainsKey(name))
            {
                throw new MttException(
                    $"{path}: no prompt has that name",
                    $"Known: {string.Join(", ", texts.Keys.Order(StringComparer.Ordinal))}."
                );
            }

            texts[name] = InputFile.ReadText(path);
        }

        PromptSet set = new(texts);
        set.Check(folder);
        return set;
    }

    /// <summary>Writes the built-in prompts as <c>NAME.md</c> files, to be edited.</summary>
    /// <param name="folder">Where; created.</param>
    /// <param name="force">Whether existing files may be replaced.</param>
    /// <returns>The names of the files, within the folder.</returns>
    public static IReadOnlyList<string> WriteBuiltin(string folder, bool force)
    {
        List<string> written = [];
        foreach ((string name, string text) in Builtin._texts)
        {
            string path = Path.Combine(folder, name + ".md");
            OutputFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text + "\n"), force);
            written.Add(Path.GetFileName(path));
        }

        return written;
    }

    /// <summary>Some of the prompts, by name.</summary>
    internal PromptSet Only(Func<string, bool> choose) => new(_texts.Where(pair => choose(pair.Key)));

    internal static PromptSet From(IReadOnlyDictionary<string, string> texts)
    {
        PromptSet set = new(texts);
        set.Check("the recording");
        return set;
    }

    /// <summary>A prompt with its placeholders filled in one pass, so that filled-in text is never filled again.</summary>
    internal string Fill(string name, params ReadOnlySpan<(string Name, string Value)> values)
    {
        string text = _texts[name];
        StringBuilder filled = new(text.Length);
        int at = 0;
        while (text.IndexOf("{{", at, StringComparison.Ordinal) is var open and >= 0)
        {
            int close = text.IndexOf("}}", open, StringComparison.Ordinal);
            string? value = null;
            if (close > 0)
            {
                foreach ((string key, string candidate) in values)
                {
                    value = text.AsSpan(open + 2, close - open - 2).Trim().SequenceEqual(key) ? candidate : value;
                }
            }

            filled.Append(text, at, open - at).Append(value ?? "{{");
            at = value is null ? open + 2 : close + 2;
        }

        return filled.Append(text, at, text.Length - at).ToString();
    }

    private void Check(string source)
    {
        foreach ((string name, string[] needed) in _placeholders)
        {
            if (
                _texts.TryGetValue(name, out string? text)
                && Array.Find(needed, key => !text.Contains($"{{{{{key}}}}}", StringComparison.Ordinal)) is { } missing
            )
            {
                throw new MttException(
                    $"{source}: the prompt {name} has no {{{{{missing}}}}}",
                    "Put the placeholder back; it is filled in at run time."
                );
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> ReadBuiltin()
    {
        Assembly assembly = typeof(PromptSet).Assembly;
        foreach (string resource in assembly.GetManifestResourceNames())
        {
            if (resource.StartsWith(Prefix, StringComparison.Ordinal))
            {
                using StreamReader reader = new(assembly.GetManifestResourceStream(resource)!);
                yield return new(resource[Prefix.Length..^".md".Length], reader.ReadToEnd());
            }
        }
    }
}
