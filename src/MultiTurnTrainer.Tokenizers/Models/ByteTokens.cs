namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>The tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> that stand for single bytes.</summary>
internal static class ByteTokens
{
    /// <summary>Their ids; −1 where one is not in the vocabulary.</summary>
    public static int[] Find(Vocabulary vocabulary)
    {
        int[] ids = new int[256];
        for (int b = 0; b < 256; b++)
        {
            ids[b] = vocabulary.IdOf(Utf8.GetBytes($"<0x{b:X2}>"));
        }

        return ids;
    }

    /// <summary>Whether every byte of the text has a token.</summary>
    public static bool HasAll(int[] ids, ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if (ids[b] < 0)
            {
                return false;
            }
        }

        return true;
    }
}
