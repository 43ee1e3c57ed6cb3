using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Calls;

/// <summary>
/// Replies by the hash of their request: <c>ab/abcdef….json</c>. The request holds the model, the whole chat, the
/// sampling settings and the seed, so equal addresses mean equal questions. A file appears whole or not at all.
/// </summary>
/// <param name="folder">Where the replies lie.</param>
internal sealed class ReplyCache(string folder)
{
    /// <summary>The stored reply, or null; a damaged file is as good as none.</summary>
    public ChatReply? Find(string hash)
    {
        try
        {
            return RecordJson.Read<ChatReply>(File.ReadAllBytes(PathFor(hash)));
        }
        catch (Exception problem) when (problem is IOException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Stores a reply.</summary>
    public void Add(string hash, ChatReply reply)
    {
        // Where another call or run has just that file open, it stores a reply to the same question.
        using OutputFile? file = OutputFile.TryCreate(PathFor(hash), force: true);
        file?.Stream.Write(RecordJson.ToLine(reply));
        file?.Commit();
    }

    private string PathFor(string hash) => Path.Combine(folder, hash[..2], hash + ".json");
}
