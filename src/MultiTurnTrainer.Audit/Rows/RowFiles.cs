// Folder Rows: token rows as trainers store them: Parquet, JSON lines, Arrow files and folders of datasets.
// Refuses to know: conversations, what is right.
namespace MultiTurnTrainer.Audit.Rows;

/// <summary>Reads the rows that a trainer has written, one at a time, whatever holds them.</summary>
internal static class RowFiles
{
    private const string Remedy =
        "Name Parquet, JSON lines or Arrow files, or a folder that datasets wrote, with input_ids and labels or a mask.";

    /// <summary>The rows of some files and folders, in order.</summary>
    /// <exception cref="MttException">A file is missing, cut off or of another kind, or a row is wrong: with its place.</exception>
    public static IEnumerable<AuditedRow> Read(IEnumerable<string> paths)
    {
        bool any = false;
        foreach (string path in paths.SelectMany(Files))
        {
            long number = 0;
            foreach (StoredRow row in Stored(path))
            {
                number++;
                string place = Invariant($"{path}:{number}");
                foreach (AuditedRow one in StoredLabels.Rows(row, place))
                {
                    any = true;
                    yield return one;
                }
            }
        }

        if (!any)
        {
            throw new MttException($"{string.Join(", ", paths)}: no rows", "Check that what wrote them has finished.");
        }
    }

    private static IEnumerable<StoredRow> Stored(string path)
    {
        InputFile.RequireExists(path, Remedy);
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".arrow" => ArrowRows.Read(path),
            ".parquet" => ParquetTokenRowReader.Read(path),
            ".jsonl" or ".json" or ".gz" or ".zst" => JsonRows.Read(path),
            _ when path == "-" => JsonRows.Read(path),
            _ => throw new MttException($"{path}: is no file of token rows that mtt knows by its name", Remedy),
        };
    }

    /// <summary>The files of a folder, in the order in which datasets reads them; a file is itself.</summary>
    private static IEnumerable<string> Files(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        // save_to_disk: a folder for each split, and in each the list of its files.
        string dictionary = Path.Combine(path, "dataset_dict.json");
        if (File.Exists(dictionary))
        {
            string?[] splits = [.. List(dictionary, "splits")?.EnumerateArray().Select(name => name.GetString()) ?? []];
            string split = splits.Contains("train") ? "train" : splits.FirstOrDefault() ?? "train";
            return Files(Path.Combine(path, split));
        }

        string state = Path.Combine(path, "state.json");
        if (File.Exists(state) && List(state, "_data_files") is { } list)
        {
            string[] files =
            [
                .. list.EnumerateArray().Select(file => Path.Combine(path, file.GetString("filename") ?? "")),
            ];
            string? missing = Array.Find(files, file => !File.Exists(file));
            return missing is null
                ? files
                : throw new MttException(
                    $"{missing}: there is no such file, though {state} names it",
                    "Copy the whole folder; where Git LFS keeps the data, fetch it."
                );
        }

        EnumerationOptions options = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };
        foreach (string pattern in new[] { "*.arrow", "*.parquet", "*.jsonl" })
        {
            string[] found = [.. Directory.EnumerateFiles(path, pattern, options).Order(StringComparer.Ordinal)];
            if (found.Length > 0)
            {
                return found;
            }
        }

        throw new MttException($"{path}: holds no Arrow, Parquet or JSON lines files", Remedy);
    }

    /// <summary>A list in a file; null where it has none of the name.</summary>
    private static JsonView? List(string path, string name)
    {
        try
        {
            return JsonView.Parse(InputFile.ReadText(path)).Get(name) is { Kind: JsonKind.Array } list ? list : null;
        }
        catch (FormatException problem)
        {
            throw new MttException($"{path}: is not JSON: {problem.Message}", "Write the data set again.", problem);
        }
    }
}
