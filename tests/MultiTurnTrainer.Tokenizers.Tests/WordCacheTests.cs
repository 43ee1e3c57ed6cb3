using MultiTurnTrainer.Tokenizers.Fast;
using Xunit;

namespace MultiTurnTrainer.Tokenizers.Tests;

public sealed class WordCacheTests
{
    [Fact]
    public void Find_AfterAdd_GivesAllIds()
    {
        WordCache cache = new();
        for (int length = 1; length <= WordCache.LongestWord; length++)
        {
            Remember(cache, (ulong)length, length);
        }

        for (int length = 1; length <= WordCache.LongestWord; length++)
        {
            Assert.Equal(length, Look(cache, (ulong)length, length));
        }
    }

    [Fact]
    public void Find_WhileOtherThreadsReplaceEverything_NeverGivesIdsOfAnotherWord()
    {
        // Three times as many words as there is room for, from both ends at once.
        const int words = 800_000;
        WordCache cache = new();
        long found = 0;
        Parallel.For(
            0,
            4,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            thread =>
            {
                for (int i = 0; i < words; i++)
                {
                    ulong word = (ulong)(thread % 2 == 0 ? i : words - i);
                    int length = 1 + (int)(word % WordCache.LongestWord);
                    Remember(cache, word, length);
                    // A neighbour of long ago, which another thread may be replacing right now.
                    ulong other = word / 2;
                    if (Look(cache, other, 1 + (int)(other % WordCache.LongestWord)) > 0)
                    {
                        Interlocked.Increment(ref found);
                    }
                }
            }
        );
        Assert.True(found > words / 100, $"only {found} found");
    }

    [Fact]
    public void Find_OfAWordAskedForNowAndThen_OutlivesTheOthers()
    {
        WordCache cache = new();
        Remember(cache, 1, 2);
        for (ulong word = 2; word < 2_000_000; word++)
        {
            Remember(cache, word, 2);
            if (word % 1000 == 0)
            {
                Assert.Equal(2, Look(cache, 1, 2));
            }
        }
    }

    [Fact]
    public void IsFull_AfterTooManyIds_IsTrueAndKnownWordsStay()
    {
        WordCache cache = new();
        Remember(cache, 1, 3);
        for (ulong word = 2; !cache.IsFull; word++)
        {
            Remember(cache, word, WordCache.LongestWord);
            Assert.True(word < 1_000_000);
        }

        Remember(cache, 1_000_000, 15);
        Assert.Equal(0, Look(cache, 1_000_000, 15));
        Remember(cache, 1_000_001, 2);
        Assert.Equal(2, Look(cache, 1_000_001, 2));
    }

    private static void Remember(WordCache cache, ulong word, int count)
    {
        Span<int> ids = stackalloc int[WordCache.LongestWord];
        for (int i = 0; i < count; i++)
        {
            ids[i] = IdAt(word, i);
        }

        cache.Add(word, (ulong)count << 56, ids[..count]);
    }

    // The number of ids; fails when they are not the word's own.
    private static int Look(WordCache cache, ulong word, int count)
    {
        Span<int> ids = stackalloc int[WordCache.LongestWord + 3];
        int found = cache.Find(word, (ulong)count << 56, ref ids[0]);
        Assert.True(found == 0 || found == count);
        for (int i = 0; i < found; i++)
        {
            Assert.Equal(IdAt(word, i), ids[i]);
        }

        return found;
    }

    private static int IdAt(ulong word, int i) => (int)word * 31 + i;
}
