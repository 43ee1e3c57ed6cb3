namespace MultiTurnTrainer.Files;

/// <summary>Keeps a command from writing over what it reads, or twice to one file.</summary>
public static class OutputPaths
{
    /// <summary>Compares the outputs of a command with its inputs and with each other; links are followed.</summary>
    /// <param name="inputs">Paths that are read.</param>
    /// <param name="outputs">Paths that are written; null where there is none.</param>
    /// <exception cref="MttException">An output is an input, or two outputs are one file.</exception>
    public static void RefuseClash(IEnumerable<string> inputs, params IEnumerable<string?> outputs)
    {
        HashSet<string> read = [.. inputs.Select(Real)];
        HashSet<string> written = [];
        foreach (string output in outputs.OfType<string>())
        {
            if (read.Contains(Real(output)))
            {
                throw new MttException(
                    $"{output}: is one of the inputs",
                    "Name another file: the input would be lost."
                );
            }

            if (!written.Add(Real(output)))
            {
                throw new MttException($"{output}: is named for two outputs", "Name a file for each.");
            }
        }
    }

    private static string Real(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        }
        catch (IOException)
        {
            // Links in a circle: whoever opens the file says so.
            return Path.GetFullPath(path);
        }
    }
}
