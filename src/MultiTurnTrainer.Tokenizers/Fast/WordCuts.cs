using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// Where long words of byte-level models may be cut: between two scalars that no token holds side by side, not even in
/// part, no merge reaches over. Chinese and Japanese words are long and new each time; their parts are not. Two ASCII
/// letters are never cut apart. A hash decides; where it errs, a word is not cut.
/// </summary>
internal sealed class WordCuts
{
    private const int Part = 1 << 21;
    private readonly ulong[] _pairs;
    private readonly int _shift;

    /// <summary>Collects the pairs of all tokens that merges make.</summary>
    public WordCuts(BpeModel model)
    {
        int bits = 12;
        while ((1 << bits) < 16 * model.Vocabulary.Count && bits < 21)
        {
            bits++;
        }

        _pairs = new ulong[(1 << bits) / 64];
        _shift = 64 - bits;
        bool[] seen = new bool[model.Vocabulary.MaxId + 1];
        byte[] bytes = new byte[model.Vocabulary.LongestToken];
        foreach (int id in model.Merges.Made)
        {
            if (!seen[id] && model.Vocabulary.TryGetToken(id, out ReadOnlySpan<byte> token))
            {
                seen[id] = true;
                int length = ByteAlphabet.Decode(token, bytes);
                if (length > 1 && !System.Text.Ascii.IsValid(bytes.AsSpan(0, length)))
                {
                    AddPairs(bytes.AsSpan(0, length));
                }
            }
        }
    }

    /// <summary>Where the part that begins at a position ends.</summary>
    public int PartEnd(ReadOnlySpan<byte> word, int at)
    {
        int left = Utf8.Decode(word, at, out int length);
        at += length;
        while (at < word.Length)
        {
            int right = Utf8.Decode(word, at, out length);
            if ((left | right) >= 0x80 && !Joins(left, word[at - 1], right, word[at]))
            {
                break;
            }

            left = right;
            at += length;
        }

        return at;
    }

    private bool Joins(int left, byte leftEnd, int right, byte rightStart) =>
        Has(left, right)
        || Has(left, Part | rightStart)
        || Has(Part | leftEnd, right)
        || Has(Part | leftEnd, Part | rightStart);

    // A token may begin or end inside a scalar; of such a one only the byte beside the boundary counts.
    private void AddPairs(ReadOnlySpan<byte> token)
    {
        for (int at = 1; at < token.Length; at++)
        {
            if ((token[at] & 0xC0) == 0x80)
            {
                continue;
            }

            int lead = at - 1;
            while (lead > 0 && (token[lead] & 0xC0) == 0x80)
            {
                lead--;
            }

            bool leftWhole = (token[lead] & 0xC0) != 0x80 && Utf8.LengthOf(token[lead]) == at - lead;
            bool rightWhole = at + Utf8.LengthOf(token[at]) <= token.Length;
            int left = leftWhole ? Utf8.Decode(token, lead, out _) : Part | token[at - 1];
            int right = rightWhole ? Utf8.Decode(token, at, out _) : Part | token[at];
            int slot = SlotOf(left, right);
            _pairs[slot >> 6] |= 1UL << (slot & 63);
        }
    }

    private bool Has(int left, int right)
    {
        int slot = SlotOf(left, right);
        return (_pairs[slot >> 6] >> (slot & 63) & 1) != 0;
    }

    private int SlotOf(int left, int right) =>
        (int)(((((ulong)(uint)left << 22) | (uint)right) * 0x9E37_79B9_7F4A_7C15) >> _shift);
}
