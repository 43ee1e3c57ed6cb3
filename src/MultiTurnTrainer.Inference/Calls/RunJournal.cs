namespace MultiTurnTrainer.Inference.Calls;

/// <summary>Begins or goes on with the journal of a run, and makes sure that it is of the same run.</summary>
/// <param name="Path">Where the journal is.</param>
/// <param name="Header">Its first line: what shapes the run.</param>
/// <param name="Resume">Whether to go on with it.</param>
/// <param name="Force">Whether an earlier run may be thrown away.</param>
internal sealed record RunJournal(string Path, byte[] Header, bool Resume, bool Force)
{
    /// <summary>Opens it.</summary>
    /// <param name="output">The output that stands for a finished run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="restored">Told of every call on record.</param>
    public Journal Open(string output, TimeProvider time, Action<CallRecord> restored)
    {
        if (Resume)
        {
            Journal resumed = Journal.Resume(Path, time, restored, out JsonElement first);
            try
            {
                CheckSame(first);
                return resumed;
            }
            catch
            {
                resumed.Dispose();
                throw;
            }
        }

        if (!Force && (File.Exists(Path) || File.Exists(output)))
        {
            throw new MttException(
                $"{output}: an earlier run is there",
                "Go on with it with --resume, replace it with --force, or name another --output."
            );
        }

        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        return Journal.Create(Path, Header, time);
    }

    private void CheckSame(JsonElement first)
    {
        List<string> different = [];
        Compare("", JsonNode.Parse(Header), JsonNode.Parse(first.GetRawText()), different);
        if (different.Count > 0)
        {
            throw new MttException(
                $"{Path}: was begun with other {string.Join(", ", different)}",
                "Resume with the settings, prompts and inputs it was begun with, or name another --output."
            );
        }
    }

    private static void Compare(string path, JsonNode? mine, JsonNode? its, List<string> different)
    {
        if (mine is JsonObject a && its is JsonObject b)
        {
            foreach (string name in a.Select(pair => pair.Key).Union(b.Select(pair => pair.Key)))
            {
                Compare(path.Length == 0 ? name : $"{path}.{name}", a[name], b[name], different);
            }
        }
        else if (!JsonNode.DeepEquals(mine, its))
        {
            different.Add(path);
        }
    }
}
