namespace MultiTurnTrainer.Files;

/// <summary>A folder that appears whole or not at all: it is filled under an unforeseeable name beside its own, and then renamed.</summary>
public static class WholeFolder
{
    /// <summary>Writes a folder, which no other run may write meanwhile.</summary>
    /// <param name="output">The folder's path.</param>
    /// <param name="force">Whether a non-empty folder at that path may be replaced.</param>
    /// <param name="inputs">Folders that are read; the output may neither be nor hold one of them.</param>
    /// <param name="fill">Fills the folder whose path it is given.</param>
    /// <returns>What <paramref name="fill"/> returns.</returns>
    /// <exception cref="MttException">The path is taken, an input would be lost, another run writes it, or it cannot be written.</exception>
    public static T Write<T>(string output, bool force, IEnumerable<string> inputs, Func<string, T> fill)
    {
        string target = Full(output);
        using OutputLock held = OutputLock.Take(target);
        RefuseClash(output, target, inputs);
        RefuseTaken(output, target, force);
        string temporary = TemporaryName.For(target);
        try
        {
            TemporaryName.RemoveLeftovers(target);
            Directory.CreateDirectory(temporary);
            T result = fill(temporary);
            Rename(temporary, target);
            return result;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(output, problem);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static void RefuseClash(string output, string target, IEnumerable<string> inputs)
    {
        string inside = $"{target.TrimEnd(Path.DirectorySeparatorChar)}{Path.DirectorySeparatorChar}";
        foreach (string input in inputs)
        {
            if ($"{Full(input)}{Path.DirectorySeparatorChar}".StartsWith(inside, StringComparison.Ordinal))
            {
                throw new MttException(
                    $"{output}: the input {input} is there, and would be lost",
                    "Name another folder as the output."
                );
            }
        }
    }

    private static void RefuseTaken(string output, string target, bool force)
    {
        bool taken = Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any();
        if (File.Exists(target) || (!force && taken))
        {
            throw new MttException($"{output}: already exists", "Give --force to replace it, or another name.");
        }
    }

    private static void Rename(string temporary, string target)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(temporary, target);
            return;
        }

        // Put aside by a rename: deleting takes long enough to be killed with neither of the two in place.
        string earlier = TemporaryName.For(target);
        Directory.Move(target, earlier);
        Directory.Move(temporary, target);
        Directory.Delete(earlier, recursive: true);
    }
}
