namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>Reads what <c>mtt clean</c> wrote, one record at a time.</summary>
public static class CleanedRecordReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MttException">No such file, or a line that is no record; the message names file and line.</exception>
    public static IEnumerable<CleanedRecord> Read(string path)
    {
        int number = 0;
        foreach (string line in InputLines.Read(path, "Make it with mtt clean."))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Parse(line, Invariant($"{path}:{number}"));
            }
        }
    }

    private static CleanedRecord Parse(string line, string place)
    {
        try
        {
            return RecordJson.Read<CleanedRecord>(line);
        }
        catch (FormatException problem)
        {
            throw new MttException(
                $"{place}: not a record of mtt clean: {problem.Message}",
                "Make it anew with mtt clean.",
                problem
            );
        }
    }
}
