using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Replies;
using MultiTurnTrainer.Synthesis.Review;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Sharding;

/// <summary>
/// Shards a task with a model in three steps ("Lost in Conversation", arXiv 2505.06120; methods.md 3.1): segment into
/// exact excerpts, rephrase them as what a user would say, verify that nothing is missing; rephrased again where it is.
/// A pure function of the task, the settings, the prompts and the replies.
/// </summary>
internal sealed class ModelSharder(ShardSettings settings, PromptSet prompts, ICalls calls)
{
    private const string Role = "sharder";

    private static readonly ReplyShape _segments = new([new("segments", "one excerpt per line")]);
    private static readonly ReplyShape _shards = new([new("shards", "one shard per line")]);
    private static readonly ReplyShape _verdict = new([
        new("verdict", "complete or incomplete", Choices: ["complete", "incomplete"]),
        new("missing", "what is missing or changed, when incomplete", Required: false),
    ]);

    private readonly RoleCalls _roles = new(
        new AskSettings(
            null,
            settings.Run.Seed,
            settings.Run.Format == ReplyFormat.Json,
            settings.Run.MaxRepairs,
            AcceptUntagged: false
        ),
        prompts,
        calls
    );

    /// <summary>Shards one task.</summary>
    /// <param name="index">Its place in the run.</param>
    /// <param name="task">The task.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<ShardOutcome> ShardAsync(int index, ShardedTask task, CancellationToken cancellation)
    {
        // 1. Cut the question into segments.
        RoleReply segmented = await AskAsync(
                new CallKey(index, "segment"),
                "shard.segment",
                _segments,
                [("instruction", task.Question)],
                ("max_segments", $"{settings.MaxSegments}"),
                fields => CheckSegments(task.Question, Lines(fields["segments"])),
                cancellation
            )
            .ConfigureAwait(false);
        if (segmented.Fields is null)
        {
            return Left(task, segmented);
        }

        string[] segments = Lines(segmented["segments"]);
        string missing = "";
        for (int attempt = 0; attempt <= settings.MaxRewrites; attempt++)
        {
            // 2. Rephrase each segment as a turn of its own.
            RoleReply rephrased = await RephraseAsync(index, attempt, task, segments, missing, cancellation)
                .ConfigureAwait(false);
            if (rephrased.Fields is null)
            {
                return Left(task, rephrased);
            }

            // 3. Verify that nothing of the question is lost; what is goes into the next attempt.
            string[] shards = Lines(rephrased["shards"]);
            RoleReply verified = await VerifyAsync(index, attempt, task, shards, cancellation).ConfigureAwait(false);
            if (verified.Fields is null)
            {
                return Left(task, verified);
            }

            if (verified["verdict"] == "complete")
            {
                return new ShardOutcome(task with { Shards = shards, ModifiedShards = new Dictionary<int, string>() });
            }

            missing = verified.Fields.GetValueOrDefault("missing", "something");
        }

        return new ShardOutcome(task, "incomplete", $"the verifier misses: {missing}");
    }

    private Task<RoleReply> RephraseAsync(
        int index,
        int attempt,
        ShardedTask task,
        string[] segments,
        string missing,
        CancellationToken cancellation
    )
    {
        List<(string, string)> material =
        [
            ("instruction", task.Question),
            .. segments.Select((text, i) => ($"segment {i + 1}", text)),
        ];
        if (missing.Length > 0)
        {
            material.Add(("what was missing last time", missing));
        }

        return AskAsync(
            new CallKey(index, $"rephrase{attempt}"),
            "shard.rephrase",
            _shards,
            material,
            ("count", $"{segments.Length}"),
            fields =>
                Lines(fields["shards"]).Length is var count && count == segments.Length
                    ? null
                    : $"{(segments.Length == 1 ? "There is" : "There are")} {Counted.Of(segments.Length, "segment")}, but {Counted.Of(count, "shard")}.",
            cancellation
        );
    }

    private Task<RoleReply> VerifyAsync(
        int index,
        int attempt,
        ShardedTask task,
        string[] shards,
        CancellationToken cancellation
    ) =>
        AskAsync(
            new CallKey(index, $"verify{attempt}"),
            "shard.verify",
            _verdict,
            [("instruction", task.Question), .. shards.Select((text, i) => ($"shard {i + 1}", text))],
            ("count", ""),
            null,
            cancellation
        );

    private async Task<RoleReply> AskAsync(
        CallKey key,
        string prompt,
        ReplyShape shape,
        IReadOnlyList<(string Label, string Text)> material,
        (string Name, string Value) value,
        Func<IReadOnlyDictionary<string, string>, string?>? check,
        CancellationToken cancellation
    )
    {
        (string Label, string Text)[] safe =
        [
            .. material.Select(part => (part.Label, ControlText.Neutralize(part.Text))),
        ];
        Framing framing = Framing.For(settings.Run.Seed, key, [.. safe.Select(part => part.Text)]);
        string text = prompts.Fill(
            prompt,
            ("material", string.Join('\n', safe.Select(part => framing.Wrap(part.Label, part.Text)))),
            ("format", shape.Describe(settings.Run.Format == ReplyFormat.Json)),
            value
        );
        ChatTurn[] turns = [new("system", prompts.Fill("shard.system")), new("user", text)];
        return await _roles
            .AskAsync(Role, settings.Sharder, key, turns, shape, [], cancellation, check)
            .ConfigureAwait(false);
    }

    /// <summary>Every segment stands in the instruction letter by letter, after the one before it.</summary>
    private string? CheckSegments(string instruction, string[] segments)
    {
        if (segments.Length < 2 || segments.Length > settings.MaxSegments)
        {
            return $"There are {segments.Length} segments; 2 to {settings.MaxSegments} are needed.";
        }

        // Blanks may differ: an excerpt on one line may cross a line break.
        string text = Blanks(ControlText.Neutralize(instruction));
        int from = 0;
        foreach (string segment in segments)
        {
            int at = text.IndexOf(Blanks(segment), from, StringComparison.Ordinal);
            if (at < 0)
            {
                return $"This segment is not an excerpt of the instruction, or overlaps, or is out of order: {segment}";
            }

            from = at + Blanks(segment).Length;
        }

        return null;
    }

    private static string Blanks(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The lines, without list marks.</summary>
    private static string[] Lines(string text) =>
        [
            .. text.Split('\n')
                .Select(line => line.Trim())
                .Select(line => line.StartsWith("- ", StringComparison.Ordinal) ? line[2..].Trim() : line)
                .Where(line => line.Length > 0),
        ];

    private static ShardOutcome Left(ShardedTask task, RoleReply reply) =>
        new(task, reply.Outcome.ToString().ToLowerInvariant(), reply.Reason);
}
