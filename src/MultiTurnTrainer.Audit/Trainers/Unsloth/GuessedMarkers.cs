namespace MultiTurnTrainer.Audit.Trainers.Unsloth;

/// <summary>
/// The markers that Unsloth guesses where a notebook names none: what stands between the contents of a rendered probe, without
/// what ends a turn.
/// </summary>
internal sealed class GuessedMarkers
{
    private const string User = "\u2060USERPROBE7q\u2060";
    private const string Assistant = "\u2060ASSTPROBE4z\u2060";

    private readonly TrainerModel _model;
    private readonly string[] _specials;

    public GuessedMarkers(TrainerModel model)
    {
        _model = model;
        _specials =
        [
            .. model
                .Tokenizer.AddedTokens.Select(token => token.Content)
                .Where(token => token.Length > 0)
                .OrderByDescending(token => token.Length),
        ];
    }

    /// <summary>The markers of questions and of answers.</summary>
    /// <exception cref="RefusedRowException">None can be told.</exception>
    public (string Instruction, string Response) Find()
    {
        JsonFields question = Message("user", User);
        JsonFields answer = Message("assistant", Assistant);
        JsonFields[] probe = [question, answer, question, answer, question, answer];
        string full = _model.RenderText(probe, null);
        string instructionGap = Gap(full, Assistant, User);
        string responseGap = Gap(full, User, Assistant);
        string asked = _model.RenderText(probe[..^1], null, addGenerationPrompt: true);
        string plain = _model.RenderText(probe[..^1], null);
        string header = asked == plain ? "" : WithoutShared(Tail(asked), Tail(plain)).One;
        (string instruction, string response) = Markers(instructionGap, responseGap, header);
        response = WithoutScaffold(response);
        instruction = Lead(instruction, " ", "\t").TrimEnd(' ', '\t');
        response = Lead(response, " ", "\t").TrimEnd(' ', '\t');
        if (instruction.Length == 0 || response.Length == 0)
        {
            throw new RefusedRowException("Unsloth cannot tell the markers of this template");
        }

        int[] ids = _model.Encode(full);
        return (Standing(instruction, ids), Standing(response, ids));
    }

    private (string Instruction, string Response) Markers(string instructionGap, string responseGap, string header)
    {
        string eos = _model.Eos ?? "";
        string bos = _model.Bos ?? "";
        if (
            header.Length > 0
            && header.Length < responseGap.Length
            && responseGap.EndsWith(header, StringComparison.Ordinal)
        )
        {
            return (Lead(instructionGap, responseGap[..^header.Length]), header);
        }

        if (header.Length > 0 && header == responseGap)
        {
            (string response, string instruction) = WithoutShared(header, instructionGap);
            return (Lead(instruction, " ", "\t", eos, bos), response);
        }

        return (Lead(instructionGap, " ", "\t", eos, bos), Lead(responseGap, " ", "\t", eos, bos));
    }

    /// <summary>A think block that a generation prompt opens and a whole answer does not.</summary>
    private string WithoutScaffold(string response)
    {
        Match tag = Regex.Match(response, @"<([^\s/>]+)>\s*</\1>\s*$");
        tag = tag.Success ? tag : Regex.Match(response, @"</([^\s/>]+)>\s*$");
        if (!tag.Success || tag.Index == 0)
        {
            return response;
        }

        string name = tag.Groups[1].Value;
        string header = response[..tag.Index];
        string filled = _model.RenderText(
            [Message("user", User), Message("assistant", $"<{name}>rZ9</{name}>{Assistant}")],
            null
        );
        int at = filled.LastIndexOf(header, StringComparison.Ordinal);
        return at >= 0 && !filled.AsSpan(at + header.Length).StartsWith(response.AsSpan(tag.Index)) ? header : response;
    }

    /// <summary>The variant of a marker whose tokens stand in the probe, twice if there is one.</summary>
    private string Standing(string marker, int[] probe)
    {
        string[] variants = [marker, " " + marker, "\n" + marker];
        int[] counts = Array.ConvertAll(variants, variant => probe.AsSpan().Count(_model.Encode(variant)));
        int best = Array.FindIndex(counts, count => count >= 2);
        best = best >= 0 ? best : Array.FindIndex(counts, 0, 2, count => count >= 1);
        return best >= 0
            ? variants[best]
            : throw new RefusedRowException("Unsloth cannot tell the markers of this template");
    }

    private static JsonFields Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static string Tail(string text)
    {
        int at = text.LastIndexOf(User, StringComparison.Ordinal);
        return at < 0 ? "" : text[(at + User.Length)..];
    }

    /// <summary>What stands most often between one content and the next.</summary>
    private static string Gap(string text, string from, string to)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        for (
            int at = text.IndexOf(from, StringComparison.Ordinal);
            at >= 0;
            at = text.IndexOf(from, at + 1, StringComparison.Ordinal)
        )
        {
            int end = at + from.Length;
            int next = text.IndexOf(to, end, StringComparison.Ordinal);
            if (next >= 0)
            {
                string gap = text[end..next];
                counts[gap] = counts.GetValueOrDefault(gap) + 1;
            }
        }

        return counts.Count == 0 ? "" : counts.MaxBy(gap => gap.Value).Key;
    }

    private static string Lead(string text, params string[] prefixes)
    {
        while (
            Array.Find(prefixes, prefix => prefix.Length > 0 && text.StartsWith(prefix, StringComparison.Ordinal))
                is { } found
        )
        {
            text = text[found.Length..];
        }

        return text;
    }

    /// <summary>Two texts without the control tokens and blanks with which both begin.</summary>
    private (string One, string Other) WithoutShared(string one, string other)
    {
        while (true)
        {
            int blanks = one.Length - one.AsSpan().TrimStart().Length;
            if (
                blanks > 0
                && blanks == other.Length - other.AsSpan().TrimStart().Length
                && one[..blanks] == other[..blanks]
            )
            {
                (one, other) = (one[blanks..], other[blanks..]);
                continue;
            }

            string? token = Array.Find(_specials, special => one.StartsWith(special, StringComparison.Ordinal));
            if (token is null || !other.StartsWith(token, StringComparison.Ordinal))
            {
                return (one, other);
            }

            (one, other) = (one[token.Length..], other[token.Length..]);
        }
    }
}
