using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Summaries;

/// <summary>What a model that writes summaries is told.</summary>
internal static class SummaryPrompts
{
    private const string Length = "{max_tokens}";

    private const string Summary = """
        You keep the memory of a conversation between a user and an assistant. You get the summary so far, if there is one, and the messages that leave the conversation's window now. Write the summary that replaces both.

        - Keep names, numbers, identifiers, dates and file names exactly as they are written.
        - What the user decided, asked for, corrected or told of themselves comes first. A later correction replaces what it corrects.
        - What only the assistant said is a proposal unless the user accepted it: say "proposed". Do not repeat it as a fact.
        - Leave out thanks, greetings and small talk.
        - Write in the language of the conversation, in short lines. No introduction, no comment, no advice.
        - Write no more than {max_tokens} tokens.
        """;

    private const string Facts = """
        Reduce this summary of a conversation to its key facts: what the user decided, demanded, corrected or told of themselves, with names, numbers and identifiers exactly as they are written. One fact on a line, in the language of the summary, no introduction. Write no more than {max_tokens} tokens.
        """;

    /// <summary>The prompt for a summary of so many tokens.</summary>
    public static string OfSummary(SummarizePolicy policy, int tokens) => Filled(policy.Prompt, Summary, tokens);

    /// <summary>The prompt for its key facts.</summary>
    public static string OfFacts(SummarizePolicy policy, int tokens) => Filled(policy.FactsPrompt, Facts, tokens);

    private static string Filled(string own, string builtIn, int tokens) =>
        (own.Length > 0 ? own : builtIn).Replace(Length, Invariant($"{tokens}"), StringComparison.Ordinal);
}
