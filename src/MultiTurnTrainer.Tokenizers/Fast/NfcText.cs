namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>A scalar of a text brought into NFC, and what it stands for.</summary>
/// <param name="At">Its first byte in the new text.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Start">The first byte of the scalar of the old text that it stands for.</param>
/// <param name="End">One past that scalar's last byte.</param>
/// <param name="Next">For the last scalar of a rewritten part: where the old text goes on.</param>
internal readonly record struct RewrittenScalar(int At, int Length, int Start, int End, int Next);

/// <summary>
/// Brings pieces of a text into NFC and remembers, for the parts that change, which scalar stands for which: as in
/// HuggingFace's library, a composed scalar for the first one that it is composed of, an inserted one for the one before.
/// </summary>
internal sealed class NfcText
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<ScalarChange> _decomposed = [];
    private readonly List<ScalarChange> _composed = [];
    private readonly List<ScalarChange> _held = [];
    private readonly List<RewrittenScalar> _scalars = [];

    /// <summary>The scalars of the parts that changed, piece by piece since <see cref="Clear"/>.</summary>
    public ReadOnlySpan<RewrittenScalar> Scalars => CollectionsMarshal.AsSpan(_scalars);

    /// <summary>Forgets the scalars of the last text.</summary>
    public void Clear() => _scalars.Clear();

    /// <summary>A piece in NFC; valid until the next call.</summary>
    public ReadOnlySpan<byte> Rewrite(ReadOnlySpan<byte> text)
    {
        _bytes.ResetWrittenCount();
        int at = 0;
        while (NormalizationForms.NextUnstable(text, at, out int end) is var start and >= 0)
        {
            _bytes.Write(text[at..start]);
            RewritePart(text, start, end);
            at = end;
        }

        _bytes.Write(text[at..]);
        return _bytes.WrittenSpan;
    }

    private void RewritePart(ReadOnlySpan<byte> text, int start, int end)
    {
        _decomposed.Clear();
        _composed.Clear();
        NormalizationForms.Decompose(text[start..end], compatibility: false, _decomposed);
        NormalizationForms.Compose(_decomposed, _composed, _held);
        int first = _bytes.WrittenCount;
        int known = _scalars.Count;
        int at = start;
        int before = start;
        foreach (ScalarChange change in _composed)
        {
            int place = _bytes.WrittenCount;
            int length = Utf8.Encode(change.Scalar, _bytes.GetSpan(4));
            _bytes.Advance(length);
            if (change.Change > 0)
            {
                _scalars.Add(new RewrittenScalar(place, length, before, at, end));
                continue;
            }

            before = Math.Min(at, Utf8.Before(text, end));
            int size = Utf8.LengthOf(text[before]);
            _scalars.Add(new RewrittenScalar(place, length, before, before + size, end));
            for (int taken = 0; taken < 1 - change.Change && at < end; taken++)
            {
                before = at;
                at += Utf8.LengthOf(text[at]);
            }
        }

        if (_bytes.WrittenSpan[first..].SequenceEqual(text[start..end]))
        {
            _scalars.RemoveRange(known, _scalars.Count - known);
        }
    }
}
