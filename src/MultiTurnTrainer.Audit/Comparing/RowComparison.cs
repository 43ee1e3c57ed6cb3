// Folder Comparing: a trainer's row against mtt's own, token by token, and the counts of what is wrong.
// Refuses to know: trainers, files, how anything is shown.
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Comparing;

/// <summary>One thing that is wrong in one row.</summary>
/// <param name="Kind">What.</param>
/// <param name="Code">Why.</param>
/// <param name="Tokens">How many tokens it is.</param>
/// <param name="Answers">How many answers it touches.</param>
/// <param name="Start">The trainer's token where it first stands.</param>
/// <param name="Message">The index of the message in the data, or −1.</param>
/// <param name="Detail">What differs; empty where the code says all.</param>
internal sealed record RowFault(
    AuditKind Kind,
    string Code,
    int Tokens,
    int Answers,
    int Start,
    int Message,
    string Detail = ""
);

/// <summary>What a comparison of one row found.</summary>
/// <param name="Right">Tokens that are supervised and the assistant's own.</param>
/// <param name="Faults">What is wrong.</param>
internal sealed record RowComparison(int Right, IReadOnlyList<RowFault> Faults)
{
    private const float WeightTolerance = 1e-4f;

    /// <summary>Compares a trainer's row with mtt's own of the same conversation.</summary>
    /// <param name="own">mtt's.</param>
    /// <param name="theirs">The trainer's.</param>
    /// <param name="table">The bytes of tokens, to say what differs.</param>
    public static RowComparison Of(OwnRow own, AuditedRow theirs, TokenTable table)
    {
        bool sameIds = own.Row.InputIds.AsSpan().SequenceEqual(theirs.InputIds);
        if (
            sameIds
            && own.Row.LossWeights is null
            && theirs.Weights is null
            && own.Row.Labels.AsSpan().SequenceEqual(theirs.Labels)
        )
        {
            return new RowComparison(own.Row.SupervisedTokens, []);
        }

        int[] places = sameIds
            ? [.. Enumerable.Range(0, theirs.InputIds.Length)]
            : TokenDiff.Match(theirs.InputIds, own.Row.InputIds);
        return new Comparer(own, theirs, places, table).Compare();
    }

    private sealed class Comparer(OwnRow own, AuditedRow theirs, int[] places, TokenTable table)
    {
        private readonly Dictionary<(AuditKind Kind, string Code), Found> _faults = [];
        private readonly List<RowFault> _prompts = [];
        private int _right;

        public RowComparison Compare()
        {
            int[] theirsOf = new int[own.Row.Length];
            Array.Fill(theirsOf, -1);
            for (int i = 0; i < places.Length; i++)
            {
                if (places[i] >= 0)
                {
                    theirsOf[places[i]] = i;
                }

                CompareToken(i, places[i]);
            }

            FindLost(theirsOf);
            new PromptDifferences(own, theirs, places, theirsOf, table).AddTo(_prompts);
            return new RowComparison(
                _right,
                [
                    .. _faults.Select(fault => new RowFault(
                        fault.Key.Kind,
                        fault.Key.Code,
                        fault.Value.Tokens,
                        fault.Value.Answers.Count,
                        fault.Value.Start,
                        fault.Value.Message
                    )),
                    .. _prompts,
                ]
            );
        }

        private void CompareToken(int token, int place)
        {
            if (!theirs.IsSupervised(token))
            {
                return;
            }

            if (theirs.Labels[token] != theirs.InputIds[token])
            {
                Add(AuditKind.Leaked, "other-label", token, place);
            }
            else if (place < 0)
            {
                Add(AuditKind.Leaked, "inserted", token, place);
            }
            else if (own.Row.Labels[place] == TokenRow.Unsupervised)
            {
                Add(AuditKind.Leaked, LeakCode(own.PlaceOf(place)), token, place);
            }
            else
            {
                _right++;
                float declared = own.Row.LossWeights?[place] ?? 1;
                if (Math.Abs(declared - (theirs.Weights?[token] ?? 1)) > WeightTolerance)
                {
                    Add(AuditKind.Weight, "ignored", token, place);
                }
            }
        }

        private static string LeakCode(TokenPlace place) =>
            place switch
            {
                TokenPlace.Header => "header",
                TokenPlace.User => "user",
                TokenPlace.System => "system",
                TokenPlace.ToolResult => "tool-result",
                TokenPlace.Tools => "tools",
                TokenPlace.AfterStop or TokenPlace.Stop => "after-stop",
                TokenPlace.NotToLearn or TokenPlace.Answer or TokenPlace.Reasoning or TokenPlace.Call => "not-to-learn",
                _ => "template-text",
            };

        /// <summary>Tokens that mtt supervises and the trainer does not, answer by answer.</summary>
        private void FindLost(int[] theirsOf)
        {
            List<int>[] tokens = new List<int>[own.Answers];
            for (int i = 0; i < own.Row.Length; i++)
            {
                if (own.Row.Labels[i] != TokenRow.Unsupervised && own.AnswerOf(i) is int answer and >= 0)
                {
                    (tokens[answer] ??= []).Add(i);
                }
            }

            for (int answer = 0; answer < tokens.Length; answer++)
            {
                if (tokens[answer] is { } all)
                {
                    FindLost(all, answer, theirsOf);
                }
            }
        }

        private void FindLost(List<int> tokens, int answer, int[] theirsOf)
        {
            bool IsSupervised(int token) => theirsOf[token] >= 0 && theirs.IsSupervised(theirsOf[token]);
            int lost = tokens.Count(token => !IsSupervised(token));
            if (lost == 0)
            {
                return;
            }

            if (lost == tokens.Count)
            {
                bool isThere = tokens.Exists(token => theirsOf[token] >= 0);
                string code =
                    !isThere ? "cut-answer"
                    : answer < own.Answers - 1 ? "earlier-answer"
                    : "answer";
                foreach (int token in tokens)
                {
                    AddLost(code, token, answer, theirsOf);
                }

                return;
            }

            int firstLearned = tokens.FindIndex(IsSupervised);
            string first = PromptDifferences.IsThink([.. tokens.Take(firstLearned).SelectMany(Bytes)])
                ? "think-block"
                : "first-token";
            for (int i = 0; i < tokens.Count; i++)
            {
                if (!IsSupervised(tokens[i]))
                {
                    AddLost(
                        LostCode(tokens[i], i < firstLearned ? first : "part", theirsOf),
                        tokens[i],
                        answer,
                        theirsOf
                    );
                }
            }
        }

        private byte[] Bytes(int token) => table[own.Row.InputIds[token]].ToArray();

        private string LostCode(int token, string otherwise, int[] theirsOf)
        {
            TokenPlace place = own.PlaceOf(token);
            return place == TokenPlace.Stop ? "stop-token"
                : theirsOf[token] < 0
                    ? IsReplaced(token, theirsOf) ? "replaced"
                        : "cut"
                : place == TokenPlace.Reasoning ? "reasoning"
                : place == TokenPlace.Call ? "calls"
                : otherwise;
        }

        /// <summary>Whether the trainer's row has something else where a token is missing.</summary>
        private bool IsReplaced(int token, int[] theirsOf)
        {
            int before = token;
            while (before >= 0 && theirsOf[before] < 0)
            {
                before--;
            }

            int after = token;
            while (after < theirsOf.Length && theirsOf[after] < 0)
            {
                after++;
            }

            int from = before < 0 ? -1 : theirsOf[before];
            int to = after == theirsOf.Length ? theirs.InputIds.Length : theirsOf[after];
            return to - from > 1;
        }

        private void AddLost(string code, int token, int answer, int[] theirsOf)
        {
            int near = token;
            while (near > 0 && theirsOf[near] < 0)
            {
                near--;
            }

            Add(AuditKind.Lost, code, Math.Max(0, theirsOf[near]), token, answer);
        }

        private void Add(AuditKind kind, string code, int start, int place, int? answer = null)
        {
            if (!_faults.TryGetValue((kind, code), out Found? found))
            {
                _faults[(kind, code)] = found = new Found(start, place < 0 ? -1 : own.MessageOf(place));
            }

            found.Tokens++;
            if ((answer ?? (place < 0 ? -1 : own.AnswerOf(place))) is int touched and >= 0)
            {
                found.Answers.Add(touched);
            }
        }

        private sealed class Found(int start, int message)
        {
            public int Tokens { get; set; }

            public HashSet<int> Answers { get; } = [];

            public int Start { get; } = start;

            public int Message { get; } = message;
        }
    }
}
