// Folder Seeds: what dialogues begin with.
// Refuses to know: rounds, roles.

namespace MultiTurnTrainer.Synthesis.Seeds;

/// <summary>A conversation without a user message that holds text.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Line">The line where it begins, from 1.</param>
/// <param name="Reason">Why it was left out.</param>
public sealed record SkippedSeed(string File, long Line, string Reason);

/// <summary>
/// Reads instructions in every format that mtt reads, also without answers: the first user message of each row, with the
/// system message before it. What follows in the row is not used.
/// </summary>
public static class SeedReader
{
    private static readonly ConversionOptions _options = ConversionOptions.Canonical with
    {
        Prompts = true,
        Preference = PreferenceSide.Chosen,
    };

    /// <summary>Reads all seeds of some files, one at a time.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="skipped">Told of every row that is left out.</param>
    /// <exception cref="Files.MttException">A file or a row cannot be read; the message names file and line.</exception>
    public static IEnumerable<Seed> Read(IReadOnlyList<string> paths, Action<SkippedSeed>? skipped = null)
    {
        int index = 0;
        foreach (string path in paths)
        {
            foreach (Conversation conversation in ConversationReader.Read(path, _options))
            {
                if (FirstQuestion(conversation) is { } question)
                {
                    yield return new Seed(index++, question)
                    {
                        Id = conversation.Id,
                        System = System(conversation),
                        Metadata = conversation.Metadata,
                    };
                }
                else
                {
                    skipped?.Invoke(
                        new SkippedSeed(Path.GetFileName(path), conversation.Line, "no user message with text")
                    );
                }
            }
        }
    }

    private static string? FirstQuestion(Conversation conversation) =>
        conversation
            .Messages.FirstOrDefault(message =>
                message.Role == Role.User && !string.IsNullOrWhiteSpace(message.Content)
            )
            ?.Content;

    private static string? System(Conversation conversation) =>
        conversation
            .Messages.TakeWhile(message => message.Role != Role.User)
            .FirstOrDefault(message =>
                message.Role is Role.System or Role.Developer && !string.IsNullOrWhiteSpace(message.Content)
            )
            ?.Content;
}
