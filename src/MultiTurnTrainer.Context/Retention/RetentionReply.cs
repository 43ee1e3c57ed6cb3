using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Retention;

/// <summary>What a model is told that says what becomes of a message's sentences, and how its reply is read.</summary>
internal static class RetentionReply
{
    private const string Prompt = """
        A message of a conversation leaves the window of what is remembered word for word. Say of each of its numbered sentences what becomes of it:

        keep: preferences, decisions, commitments and corrections; whoever goes on must have the exact words.
        summarize: facts, questions, explanations; their gist is enough.
        drop: thanks, assent, greetings, courtesies, small talk; nobody will miss them.

        Answer with one line for each sentence, its number and one of the three words, such as "1 keep", and nothing else.
        """;

    /// <summary>What a model is asked of a message; null where there is no model, or nothing to ask.</summary>
    /// <param name="policy">Model and prompt.</param>
    /// <param name="message">The message.</param>
    /// <param name="index">Its place in the record.</param>
    public static ArtefactRequest? Request(RetentionPolicy policy, Message message, int index)
    {
        if (policy.Model.Length == 0)
        {
            return null;
        }

        string[] sentences = [.. Sentences.Of(message.Content ?? "")];
        return sentences.Length == 0
            ? null
            : new ArtefactRequest(
                ArtefactKind.Class,
                policy.Model,
                policy.Prompt.Length > 0 ? policy.Prompt : Prompt,
                $"{message.RoleName}:\n"
                    + string.Concat(sentences.Select((text, i) => Invariant($"{i + 1}. {text}\n"))),
                Invariant($"messages[{index}]")
            );
    }

    /// <summary>What is wrong with a reply; null where nothing is.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="count">How many sentences there are.</param>
    public static string? Fault(string reply, int count) =>
        Read(reply, count) is null
            ? Invariant($"it does not say one of keep, summarize, drop of each of {count} sentences")
            : null;

    /// <summary>The classes in the order of the sentences; null where the reply is not what was asked for.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="count">How many sentences there are.</param>
    public static IReadOnlyList<RetentionClass>? Read(string reply, int count)
    {
        RetentionClass?[] classes = new RetentionClass?[count];
        foreach (
            string line in reply.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        )
        {
            string[] words = line.Split([' ', '.', ':', ')', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (
                words.Length != 2
                || !int.TryParse(words[0], CultureInfo.InvariantCulture, out int number)
                || number < 1
                || number > count
                || classes[number - 1] is not null
                || ClassOf(words[1]) is not { } found
            )
            {
                return null;
            }

            classes[number - 1] = found;
        }

        return classes.All(one => one is not null) ? [.. classes.Select(one => one!.Value)] : null;
    }

    /// <summary>The class of a name; null for another word.</summary>
    public static RetentionClass? ClassOf(string word) =>
        word.ToLowerInvariant() switch
        {
            "keep" => RetentionClass.Keep,
            "summarize" or "summarise" => RetentionClass.Summarize,
            "drop" => RetentionClass.Drop,
            _ => null,
        };
}
