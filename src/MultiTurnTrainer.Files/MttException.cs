namespace MultiTurnTrainer.Files;

/// <summary>
/// Something the user can fix: a missing file, a wrong argument, a full disk. The command line prints
/// <see cref="Exception.Message"/> and <see cref="Remedy"/> without a stack trace and returns 2.
/// </summary>
/// <param name="message">What is wrong, with file, line and path where they are known.</param>
/// <param name="remedy">What to do about it, in one sentence.</param>
/// <param name="inner">The cause, shown with <c>--verbose</c>.</param>
public class MttException(string message, string? remedy = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What to do about it.</summary>
    public string? Remedy { get; } = remedy;

    /// <summary>Whether line ends in the message are meant, not those of a name or key in it.</summary>
    public bool HasLines { get; init; }

    /// <summary>Whether the same may succeed a little later: a full disk, a database that does not answer.</summary>
    public bool IsPassing { get; init; }
}
