// Folder Lines: many texts of a file, in order, on all threads.
// Refuses to know: how one text is encoded.
namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Encodes a file of <c>{"text"}</c> lines, in the input's order.</summary>
public static class LineEncoder
{
    /// <summary>Encodes all lines on all cores into <c>{"ids", "offsets"}</c> lines.</summary>
    /// <param name="input">A JSON Lines file, gzip allowed, or <c>-</c>.</param>
    /// <param name="tokenizer">What encodes.</param>
    /// <param name="addSpecialTokens">Whether the post-processor's special tokens are added.</param>
    /// <param name="output">Where the lines go; offsets are in code points.</param>
    /// <exception cref="MttException">The input is not valid, or a text cannot be encoded.</exception>
    public static void Run(string input, Tokenizer tokenizer, bool addSpecialTokens, Stream output)
    {
        // Written lines leave their memory to the next block.
        ConcurrentBag<EncodedLines> written = [];
        IEnumerable<EncodedLines> blocks = Map(
            input,
            tokenizer,
            addSpecialTokens,
            () => written.TryTake(out EncodedLines? lines) ? lines : new EncodedLines(),
            static (lines, encoding) => lines.Add(encoding)
        );
        foreach (EncodedLines lines in blocks)
        {
            output.Write(lines.Bytes);
            lines.Clear();
            written.Add(lines);
        }

        output.Flush();
    }

    /// <summary>Encodes all lines on all cores.</summary>
    /// <param name="input">A JSON Lines file, gzip allowed, or <c>-</c>.</param>
    /// <param name="tokenizer">What encodes.</param>
    /// <param name="addSpecialTokens">Whether the post-processor's special tokens are added.</param>
    /// <exception cref="MttException">The input is not valid, or a text cannot be encoded.</exception>
    public static IEnumerable<Encoding> Read(string input, Tokenizer tokenizer, bool addSpecialTokens) =>
        Map(
                input,
                tokenizer,
                addSpecialTokens,
                static () => new List<Encoding>(),
                static (encodings, encoding) => encodings.Add(encoding)
            )
            .SelectMany(encodings => encodings);

    /// <summary>What becomes of each block; a line that fails ends the run, after the lines before it.</summary>
    private static IEnumerable<T> Map<T>(
        string input,
        Tokenizer tokenizer,
        bool addSpecialTokens,
        Func<T> create,
        Action<T, Encoding> add
    )
    {
        // While the caller takes one group of blocks, the next is being encoded.
        Task<(T Result, MttException? Problem)[]>? ahead = null;
        foreach (TextBlock[] blocks in TextBlockReader.Read(input).Chunk(4 * Environment.ProcessorCount))
        {
            Task<(T, MttException?)[]> next = Task.Run(() =>
            {
                (T, MttException?)[] done = new (T, MttException?)[blocks.Length];
                Parallel.For(
                    0,
                    blocks.Length,
                    i =>
                    {
                        T result = create();
                        done[i] = (result, Encode(input, blocks[i], tokenizer, addSpecialTokens, e => add(result, e)));
                    }
                );
                return done;
            });
            foreach (T result in Results(ahead))
            {
                yield return result;
            }

            ahead = next;
        }

        foreach (T result in Results(ahead))
        {
            yield return result;
        }
    }

    private static IEnumerable<T> Results<T>(Task<(T Result, MttException? Problem)[]>? group)
    {
        foreach ((T result, MttException? problem) in group?.GetAwaiter().GetResult() ?? [])
        {
            yield return result;
            if (problem is not null)
            {
                throw problem;
            }
        }
    }

    /// <summary>Encodes a block's lines up to the first that fails.</summary>
    private static MttException? Encode(
        string input,
        TextBlock block,
        Tokenizer tokenizer,
        bool addSpecialTokens,
        Action<Encoding> add
    )
    {
        TextLines lines = new(input, block);
        try
        {
            while (lines.Next())
            {
                add(Encode(input, lines, tokenizer, addSpecialTokens));
            }

            return null;
        }
        catch (MttException problem)
        {
            return problem;
        }
    }

    private static Encoding Encode(string input, TextLines lines, Tokenizer tokenizer, bool addSpecialTokens)
    {
        try
        {
            return tokenizer.Encode(lines.Text, addSpecialTokens);
        }
        catch (MttException problem)
        {
            throw new MttException($"{input}:{lines.Number}: {problem.Message}", problem.Remedy, problem);
        }
    }
}
