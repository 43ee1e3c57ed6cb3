namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>
/// Finds user messages that cannot be understood without the reply before them, by English wording. Of in-the-wild
/// prompts only about a third are self-contained (arXiv 2602.24287), so this errs on the side of marking. Linear in the
/// text: no pattern backtracks.
/// </summary>
internal static class BackReferenceDetector
{
    private const string Ordinal = "(first|second|third|fourth|fifth|last|previous|former|latter|other|earlier)";
    private const string Thing =
        "(answers?|repl(y|ies)|responses?|options?|suggestions?|solutions?|versions?|drafts?|code|examples?|ideas?|points?|lists?|tables?"
        + "|explanations?|summar(y|ies)|calculations?|results?|outputs?|messages?|questions?|plans?|steps?|proposals?|recommendations?"
        + "|approach(es)?|choices?|formulas?|estimates?|mistakes?|errors?|advice)";

    private static readonly Regex[] _patterns =
    [
        Pattern($@"\byour\s+(\w+\s+)?(\w+\s+)?{Thing}\b"),
        Pattern(
            @"\b(as|like|what|that|which|than)\s+you\s+(just\s+|already\s+|had\s+)?(said|say|mentioned|wrote|suggested|described|explained|proposed|listed|gave|told|recommended|showed|did)\b"
        ),
        Pattern(
            @"\byou('ve|\s+have)?\s+(just\s+|already\s+|previously\s+|also\s+)?(said|mentioned|wrote|suggested|told\s+me|gave\s+me|proposed|listed|claimed|forgot|missed|misunderstood|misread|made\s+a\s+mistake|got\s+(it|that|this|the))\b"
        ),
        Pattern($@"\bthe\s+{Ordinal}\s+(one|two|{Thing})\b"),
        Pattern(@"\b(option|suggestion|choice|approach|version|variant)\s+(\d+|[a-e]|one|two|three|four|five)\b"),
        Pattern(
            @"\b(that|this|it)(\s+is|'s|’s|\s+was|\s+looks|\s+seems|\s+sounds|\s+isn't|\s+isn’t|\s+doesn't|\s+does\s+not|\s+didn't)\s+(still\s+)?(not\s+)?(wrong|incorrect|right|correct|what|too|better|perfect|great|good|work|working|fine|true|help)\b"
        ),
        Pattern(@"\b(try\s+again|once\s+more|regenerate|start\s+over)\b"),
        Pattern(
            @"^\s*(please\s+)?(continue|go\s+on|keep\s+going|carry\s+on|more|another|next|again|why|how\s+so|how\s+come|really|and\s+then)\b[\s.!?]*$"
        ),
        Pattern(
            @"\b(rewrite|rephrase|reword|redo|shorten|simplify|expand|elaborate\s+on|summari[sz]e|translate|fix|correct|improve|explain|repeat|undo|revert|format|extend|convert|run|use)\s+(it|that|this|them|those|these|the\s+above|the\s+last|the\s+previous)\b"
        ),
        Pattern(@"\b(make|turn|put)\s+(it|that|this|them|those)\b"),
        Pattern(@"\b(the\s+above|mentioned\s+above|see\s+above)\b"),
        Pattern(
            @"\b(why\s+did\s+you|why\s+do\s+you|what\s+do\s+you\s+mean|are\s+you\s+sure|did\s+you|didn't\s+you|you\s+are\s+(wrong|right)|you're\s+(wrong|right))\b"
        ),
        Pattern(
            @"^\s*(yes|no|yep|yeah|nope|ok|okay|sure|correct|exactly|right|wrong|both|neither|none|please\s+do|go\s+ahead|sounds\s+good)(,?\s+(please|thanks|thank\s+you|do\s+that))?[\s.,!]*$"
        ),
    ];

    /// <summary>The words that refer back to a reply, or null.</summary>
    /// <param name="text">The user's message.</param>
    /// <param name="reply">The reply before it; null where there is none, and then nothing can refer back to one.</param>
    public static string? Find(string text, string? reply)
    {
        if (reply is null)
        {
            return null;
        }

        foreach (Regex pattern in _patterns)
        {
            if (pattern.Match(text) is { Success: true } match)
            {
                return match.Value.Trim();
            }
        }

        // A few words after a question are its answer, unless they ask something themselves.
        bool asks = text.AsSpan().TrimEnd().EndsWith("?");
        return !asks && reply.AsSpan().TrimEnd().EndsWith("?") && WordCount(text) <= 4 ? text.Trim() : null;
    }

    private static int WordCount(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    private static Regex Pattern(string text) =>
        new(text, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
}
