"""The handler asks one thing of boto3: whether ECR Public exists in a region's partition."""


class Session:
    def get_partition_for_region(self, region):
        return "aws"
