namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>Turns code-point positions of a text into bytes of its UTF-8.</summary>
internal sealed class CodePointBytes
{
    private readonly int[] _bytes;

    public CodePointBytes(string text)
    {
        List<int> bytes = new(text.Length + 1);
        int at = 0;
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            bytes.Add(at);
            at += rune.Utf8SequenceLength;
        }

        bytes.Add(at);
        _bytes = [.. bytes];
    }

    public int this[int codePoint] => _bytes[Math.Min(codePoint, _bytes.Length - 1)];
}
