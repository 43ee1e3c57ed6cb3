namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>
/// The evidence of a data set that <c>mtt prepare</c> wrote: its manifests (versions, inputs and outputs with their hashes, counts, policy),
/// every row by its hash, what was left out and why, and what the policy kept and lost.
/// </summary>
public static class DatasetEvidence
{
    private const string Lines = ".jsonl";

    private static readonly string[] _lists = ["left-out", "rejects"];

    /// <summary>Writes a data set's entries, all but the seal.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="folder">The folder that <c>mtt prepare</c> wrote.</param>
    /// <returns>Its rows.</returns>
    /// <exception cref="MttException">It is none, or a file is not the one that was written.</exception>
    public static long Write(EvidenceFile file, string folder)
    {
        (string Name, JsonView Json)[] manifests = [.. Manifests(folder)];
        string[] outputs =
        [
            .. manifests
                .SelectMany(manifest => Outputs(folder, manifest.Name, manifest.Json))
                .Order(StringComparer.Ordinal),
        ];
        long rows = Rows(folder, outputs).LongCount();
        file.Add(
            new JsonFields
            {
                ["entry"] = "dataset",
                ["mtt"] = Manifest.ToolVersion,
                ["rows"] = rows,
                ["files"] = outputs,
                ["manifests"] = manifests.Select(manifest => new JsonFields
                {
                    ["name"] = manifest.Name,
                    ["manifest"] = manifest.Json,
                }),
            }
        );
        foreach ((string name, long row, string hash) in Rows(folder, outputs))
        {
            file.Add(
                new JsonFields
                {
                    ["entry"] = "row",
                    ["file"] = name,
                    ["row"] = row,
                    ["sha256"] = hash,
                }
            );
        }

        AddLeftOut(file, folder);
        foreach (string context in Named(folder, "context*.json"))
        {
            file.Add(
                new JsonFields
                {
                    ["entry"] = "context",
                    ["file"] = Path.GetFileName(context),
                    ["context"] = JsonView.Parse(InputFile.ReadBytes(context)),
                }
            );
        }

        return rows;
    }

    /// <summary>The files with rows that an entry <c>dataset</c> names.</summary>
    internal static string[] FilesOf(JsonView entry) =>
        [.. entry.GetProperty("files").EnumerateArray().Select(name => Path.GetFileName(name.GetString() ?? ""))];

    /// <summary>The rows of some files by their hashes; a file that is not JSON lines is one row.</summary>
    internal static IEnumerable<(string File, long Row, string Hash)> Rows(string folder, IEnumerable<string> files)
    {
        foreach (string name in files)
        {
            string path = Path.Combine(folder, name);
            InputStream.CheckExists(path);
            if (!name.EndsWith(Lines, StringComparison.Ordinal))
            {
                yield return (name, 1, ContentHash.OfFile(path));
                continue;
            }

            using Stream stream = InputFile.OpenRead(path);
            RawLines lines = new(stream);
            for (long row = 1; TryHash(lines, out string hash); row++)
            {
                yield return (name, row, hash);
            }
        }
    }

    private static bool TryHash(RawLines lines, out string hash)
    {
        bool isThere = lines.TryRead(out ReadOnlySpan<byte> line);
        hash = isThere ? ContentHash.Of(line) : "";
        return isThere;
    }

    private static IEnumerable<(string Name, JsonView Json)> Manifests(string folder)
    {
        string[] paths = Directory.Exists(folder) ? Named(folder, "prepare*.manifest.json") : [];
        if (paths.Length == 0)
        {
            throw new MttException(
                Printable.Of($"{folder}: holds no data set that mtt prepare has finished"),
                "Give the folder of mtt prepare --output."
            );
        }

        return paths.Select(path => (Path.GetFileName(path), JsonView.Parse(InputFile.ReadBytes(path))));
    }

    private static IEnumerable<string> Outputs(string folder, string manifest, JsonView json)
    {
        foreach (JsonMember output in json.GetProperty("outputs").EnumerateObject())
        {
            string path = Path.Combine(folder, Path.GetFileName(output.Name));
            InputStream.CheckExists(path);
            if (ContentHash.OfFile(path) != output.Value.GetString("sha256"))
            {
                throw new MttException(
                    Printable.Of($"{path}: is not the file that {manifest} names"),
                    "Run mtt prepare --force again."
                );
            }

            yield return output.Name;
        }
    }

    private static void AddLeftOut(EvidenceFile file, string folder)
    {
        foreach (string path in _lists.SelectMany(list => Named(folder, $"{list}*{Lines}")))
        {
            using InputLines lines = InputLines.Open(path, "Run mtt prepare again.");
            while (lines.ReadLine() is { } line)
            {
                JsonFields entry = new() { ["entry"] = "left_out", ["list"] = Path.GetFileName(path) };
                foreach (JsonMember member in JsonView.Parse(line).EnumerateObject())
                {
                    // The row's own words are not needed to say that it is gone.
                    if (member.Name is not ("text" or "base64"))
                    {
                        entry[member.Name] = member.Value;
                    }
                }

                file.Add(entry);
            }
        }
    }

    private static string[] Named(string folder, string pattern) =>
        [.. Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal)];
}
