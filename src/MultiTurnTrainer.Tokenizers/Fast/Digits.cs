namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary><c>\p{N}{1,n}</c> behind its first scalar.</summary>
internal static class Digits
{
    /// <summary>The end of a run of at most so many numbers, of which one lies before the position.</summary>
    public static int End(ref byte text, int length, int at, int limit)
    {
        for (int count = 1; count < limit && at < length; count++)
        {
            if ((ScalarFlags.At(ref text, at, out int size) & ScalarFlags.Number) == 0)
            {
                break;
            }

            at += size;
        }

        return at;
    }
}
