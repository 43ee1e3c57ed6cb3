using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Inference.Local;
using MultiTurnTrainer.Models.Generation;

namespace MultiTurnTrainer.Inference.Tests.Local;

public class LocalServedModelTests
{
    [Fact]
    public async Task Forget_OfACacheKey_LeavesNothingToReuseUnderItAlone()
    {
        using LocalServedModel model = new(new LocalModelOptions(PresetModel.Folder), cacheBytes: 1 << 24);
        LocalChat one = Chat("one");
        LocalChat other = Chat("other");
        Assert.Equal(0, await ReusedAsync(one));
        Assert.Equal(0, await ReusedAsync(other));
        Assert.InRange(await ReusedAsync(one), 1, int.MaxValue);

        model.Forget("one");
        Assert.Equal(0, await ReusedAsync(one));
        Assert.InRange(await ReusedAsync(other), 1, int.MaxValue);

        async Task<int> ReusedAsync(LocalChat chat)
        {
            int reused = 0;
            await foreach (LocalPiece piece in model.AnswerAsync(chat, default))
            {
                reused = piece.ReusedTokens;
            }

            return reused;
        }
    }

    private static LocalChat Chat(string key) =>
        new(
            Conversation.FromJson(
                JsonView.Parse("""{"messages": [{"role": "user", "content": "Where is it?"}]}"""u8.ToArray())
            ),
            key,
            new GenerationOptions { MaxNewTokens = 2 }
        );
}
