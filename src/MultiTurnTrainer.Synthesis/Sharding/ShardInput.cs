namespace MultiTurnTrainer.Synthesis.Sharding;

/// <summary>
/// Reads tasks to be sharded: sharded ones (their question is taken), or questions and conversations in every format that
/// mtt reads (the first user message, with the first answer as the gold one).
/// </summary>
internal static class ShardInput
{
    private static readonly ConversionOptions _options = ConversionOptions.Canonical with
    {
        Prompts = true,
        Preference = PreferenceSide.Chosen,
    };

    /// <summary>The tasks, with the shards they have so far.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="family">The family of tasks that name none.</param>
    public static IEnumerable<ShardedTask> Read(IReadOnlyList<string> paths, string family)
    {
        foreach (string path in paths)
        {
            if (HoldsShards(path))
            {
                foreach (ShardedTask task in ShardedTaskReader.Read(path))
                {
                    yield return task;
                }

                continue;
            }

            long number = 0;
            foreach (Conversation conversation in ConversationReader.Read(path, _options))
            {
                number++;
                Message? question = conversation.Messages.FirstOrDefault(message => message.Role == Role.User);
                Message? answer = conversation.Messages.FirstOrDefault(message => message.Role == Role.Assistant);
                yield return new ShardedTask
                {
                    Id = conversation.Id ?? Invariant($"{Path.GetFileNameWithoutExtension(path)}/{number}"),
                    Family = family,
                    Question = question?.Content ?? "",
                    Shards = [],
                    Answer = answer?.Content,
                    System = conversation
                        .Messages.FirstOrDefault(message => message.Role is Role.System or Role.Developer)
                        ?.Content,
                };
            }
        }
    }

    /// <summary>Whether a file begins like sharded tasks do; its first kilobytes tell.</summary>
    private static bool HoldsShards(string path)
    {
        if (!InputFile.Exists(path))
        {
            return false;
        }

        using FileStream stream = InputFile.OpenRead(path);
        byte[] head = new byte[1 << 16];
        int length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(head, 0, length).Contains("\"shards\"", StringComparison.Ordinal);
    }
}
